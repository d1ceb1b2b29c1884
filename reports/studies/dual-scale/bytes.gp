# DRAM bytes a token, of the path from convolution to SSM and of everything, by code, from bytes.csv.
size = "1000,720"
load "reports/studies/plot/style.gp"

codes = "quamba1 w4a5-se w4a5-se-sparse int5 se8 fp32-ssm-input"
group(network, fusion, input) = \
    (network eq "mamba2-130m" ? 2 : input eq "requantized" ? 1 : 0) + (fusion eq "layer" ? 3 : 0)
shown(i, phase) = strcol("scheme") eq word(codes, i) && strcol("phase") eq phase && \
    strstrt(strcol("network"), "130m") > 0
x(i, phase) = shown(i, phase) ? group(strcol("network"), strcol("fusion"), strcol("input")) + (i - 3.5) * 0.14 : NaN
amount(name) = column(name) / column("tokens") / unit

set xrange [-0.6:5.6]
set yrange [0:*]
set offsets 0, 0, graph 0.35, 0
set ytics font ",10"
set boxwidth 0.13
unset key
set xtics ("Mamba1\ncopy" 0, "Mamba1\nrequantized" 1, "Mamba2" 2, "Mamba1\ncopy" 3, "Mamba1\nrequantized" 4, "Mamba2" 5) scale 0 font ",10"
set arrow 1 from 2.5, graph 0 to 2.5, graph 1 nohead linecolor "#888888" dashtype 2
set label 1 "fusion: none" at 1, graph 0.97 center textcolor "#444444"
set label 2 "fusion: layer" at 4, graph 0.97 center textcolor "#444444"

# The first two codes carry their figures: more would not be read.
bars = 'data using (x(i, phase)):(amount(name)) with boxes linecolor rgb colour(word(codes, i)) title word(codes, i)'
figures = 'data using (x(i, phase)):(amount(name)):(sprintf(form, amount(name))) with labels rotate by 90 left offset 0, 0.3 font ",9" notitle'

set multiplot layout 2, 2 margins 0.08, 0.985, 0.165, 0.945 spacing 0.075, 0.15
do for [name in "path all"] {
    do for [phase in "prefill decode"] {
        unit = name eq "path" ? 1024. : 1048576.
        form = name eq "path" ? "%.0f" : "%.2f"
        set title (name eq "path" ? "Convolution to SSM, " : "All DRAM bytes, ").phase
        set ylabel phase eq "prefill" ? (name eq "path" ? "KiB a token" : "MiB a token") : ""
        if (name.phase eq "alldecode") { set key at screen 0.5, 0.01 center bottom horizontal maxcols 6 width 1 }
        plot for [i = 1:6] @bars, for [i = 1:2] @figures
    }
}
unset multiplot

# What group tables add to the area, energy and cycles of quamba1, by network and lookup, from overhead.csv.
size = "1000,720"
load "reports/studies/plot/style.gp"

lookups = "quamba2 quamba2-parallel quamba2-direct quamba2-code quamba2-runlength quamba2-lite"
networks = "mamba-130m mamba-2.8b mamba2-130m mamba2-370m mamba2-780m mamba2-1.3b mamba2-2.7b mamba2-8b"
at(name) = sum [k = 1:words(networks)] (word(networks, k) eq name ? k : 0)
bar(i, phase) = strcol("scheme") eq word(lookups, i) && strcol("phase") eq phase ? at(strcol("network")) + (i - 3.5) * 0.14 : NaN

set xrange [0.4:8.6]
set yrange [*:*]
set boxwidth 0.13
set for [k = 1:8] xtics add (word(networks, k) k) scale 0 rotate by 25 right font ",10"
set xzeroaxis linecolor "#444444"
unset key

set multiplot layout 2, 2 margins 0.075, 0.985, 0.18, 0.945 spacing 0.09, 0.22
do for [k = 1:4] {
    phase = word("prefill decode prefill decode", k)
    figure = word("area cycles energy energy", k)
    set title word("Area Cycles Energy Energy", k).(k == 1 ? "" : ", ".phase)
    set ylabel "more than quamba1, %"
    if (k == 4) { set key at screen 0.5, 0.01 center bottom horizontal maxcols 6 width 1 }
    plot for [i = 1:6] data using (bar(i, phase)):(column(figure)) with boxes linecolor rgb colours[i] title word(lookups, i)
}
unset multiplot

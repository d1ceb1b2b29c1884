# What a decibel of the logits costs in bytes of the path and in energy, from price-SETTING.csv, whose
# last columns say whether no other scheme is as good for as little. Not drawn: what costs several times as
# much, rotation-hadamard, and what is exact, FP32.
size = "1000,760"
load "reports/studies/plot/style.gp"

set datafile missing NaN # a line goes on past what is not on it
titles = "'Mamba1, copy' 'Mamba1, requantized' 'Mamba2'"
settings = "mamba mamba-requantized mamba2"
x(scheme, name) = strcol("scheme") eq scheme ? column(name) : NaN
on_line(name) = strcol(name."_line") eq "1" ? column(name."_percent") : NaN

unset key
set xtics font ",9"
set offsets graph 0.08, graph 0.08, graph 0.08, graph 0.08
set multiplot layout 2, 3 margins 0.06, 0.80, 0.08, 0.95 spacing 0.045, 0.12
do for [name in "bytes energy"] {
    set xlabel name eq "bytes" ? "bytes of the path, % of quamba1's" : "energy, % more than quamba1's"
    do for [s = 1:3] {
        file = folder."/price-".word(settings, s).".csv"
        set title word(titles, s)
        set ylabel s == 1 ? "logits' SQNR, dB" : ""
        if (s == 3 && name eq "bytes") { set key at screen 0.995, 0.95 right top Left reverse } else { unset key }
        plot file using (on_line(name)):(column("logits_db")) with lines linewidth 2 linecolor "#999999" dashtype 2 \
                 title "none better for less", \
             for [i = 1:words(known)] file using (x(word(known, i), name."_percent")):(column("logits_db")) \
                 with points pointsize 0.9 linewidth 1.5 pointtype shape(word(known, i)) linecolor rgb colour(word(known, i)) title word(known, i)
    }
}
unset multiplot

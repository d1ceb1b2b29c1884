# SQNR against the factor between the two scales, from factors-NETWORK.csv.
size = "1000,520"
load "reports/studies/plot/style.gp"

figures = "ssm_input_sqnr_db network.sqnr_db"
names = "'SSM input' 'logits'"
family(scheme) = word(scheme, 1)
factor(scheme) = words(scheme) > 1 ? real(word(scheme, 2)[2:*]) : NaN
at(scheme) = family(strcol("scheme")) eq scheme ? factor(strcol("scheme")) : NaN

set logscale x 2
set xrange [1.7:2600]
set yrange [0:*]
set offsets 0, 0, graph 0.05, 0
set xtics (2, 4, 8, 16, 64, 255, 2025)
set xlabel "factor between the scales"
set arrow 1 from 255, graph 0 to 255, graph 1 nohead linecolor "#888888" dashtype 3
set label 1 "above 255 the smallest\nflagged se8 codes are 0 " at 250, graph 0.08 right font ",10" textcolor "#444444"
unset key

set multiplot layout 1, 2 margins 0.06, 0.985, 0.33, 0.92 spacing 0.06, 0.1
do for [network in "mamba mamba2"] {
    file = folder."/factors-".network.".csv"
    set title network eq "mamba" ? "Mamba1" : "Mamba2"
    set ylabel network eq "mamba" ? "SQNR, dB" : ""
    if (network eq "mamba2") { set key at screen 0.5, 0.01 center bottom horizontal maxcols 2 width 1 }
    stats file using (column("ssm_input_sqnr_db")) every ::0::0 name "input" nooutput
    stats file using (column("network.sqnr_db")) every ::0::0 name "logits" nooutput
    plot for [i = 1:2] file using (at("se8")):(column(word(figures, i))) with linespoints \
             linewidth 2 linecolor rgb colour("se8") dashtype i pointtype (i == 1 ? 7 : 5) title "se8, ".word(names, i), \
         for [i = 1:2] file using (at("w4a5-se-signed")):(column(word(figures, i))) with linespoints \
             linewidth 2 linecolor rgb colour("w4a5-se-signed") dashtype i pointtype (i == 1 ? 7 : 5) title "w4a5-se-signed, ".word(names, i), \
         input_max with lines linecolor rgb colour("quamba1") dashtype 1 title "quamba1, ".word(names, 1), \
         logits_max with lines linecolor rgb colour("quamba1") dashtype 2 title "quamba1, ".word(names, 2)
}
unset multiplot

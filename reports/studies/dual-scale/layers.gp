# Signed, skewed, int5 and int8 layer by layer, from layers.csv.
size = "1000,620"
load "reports/studies/plot/style.gp"

codes = "quamba1 w4a5-se w4a5-se-signed int5"
layer(network, i) = strcol("network") eq network && strcol("scheme") eq word(codes, i) ? column("layer") : NaN

set xrange [-0.5:23.5]
set yrange [0:*]
set xtics 0, 4, 20
unset key
set multiplot layout 2, 2 margins 0.06, 0.985, 0.15, 0.935 spacing 0.06, 0.11
do for [network in "mamba mamba2"] {
    do for [name in "ssm_input layer_output"] {
        set title (network eq "mamba" ? "Mamba1, " : "Mamba2, ").(name eq "ssm_input" ? "SSM input" : "layer output")
        set ylabel name eq "ssm_input" ? "SQNR, dB" : ""
        set xlabel network eq "mamba2" ? "layer" : ""
        if (network.name eq "mamba2layer_output") { set key at screen 0.5, 0.01 center bottom horizontal maxcols 4 width 1 }
        plot for [i = 1:4] data using (layer(network, i)):(column(name."_db")) with linespoints \
                 linewidth 1.5 linecolor rgb colour(word(codes, i)) pointtype shape(word(codes, i)) pointsize 0.7 pointinterval 2 title word(codes, i)
    }
}
unset multiplot

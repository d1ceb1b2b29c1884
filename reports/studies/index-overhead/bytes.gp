# Bytes of a layer's tables by what they hold, on a logarithmic scale, from bytes.csv.
size = "900,380"
load "reports/studies/plot/style.gp"

kinds = "ranges scales states"
networks = "mamba-130m mamba-2.8b mamba2-130m mamba2-370m mamba2-780m mamba2-1.3b mamba2-2.7b mamba2-8b"
at(name) = sum [k = 1:words(networks)] (word(networks, k) eq name ? k : 0)

set xrange [0.4:8.6]
set yrange [10:200000]
set logscale y
set boxwidth 0.25
set ylabel "bytes a layer"
set format y "%.0f"
set for [k = 1:8] xtics add (word(networks, k) k) scale 0
set key top left horizontal
plot for [i = 1:3] data using (at(strcol("network")) + (i - 2) * 0.27):(column(word(kinds, i))) with boxes \
    linecolor rgb colours[i == 1 ? 8 : i == 2 ? 3 : 2] title (i == 3 ? "state scales" : word(kinds, i))

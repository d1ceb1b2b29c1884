# What every drawn plot of a study shares. The caller sets `svg`, the file to write, and `size`, as in
# "900,500", before it loads this. White behind everything, so that a dark page does not swallow the text;
# colours that colour-blind eyes tell apart (Okabe and Ito's), and never colour alone: a shape goes with it.
set terminal svg size @size font "sans-serif,12" background "#ffffff" noenhanced
set output svg
set encoding utf8
set datafile separator ","

# A scheme has one colour and one shape, by its place in this list; what is not in it comes out grey.
known = "quamba1 w4a5-se w4a5-se-signed int5 se8 quamba2-code fp32-ssm-input w4a5-se-sparse w4a5-se-threshold w4a5-se-4x4 w4a5-se-4x4-signed w4a5-se-4x4-q0.999"
array colours[8] = ["#000000", "#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#999999", "#56b4e9"]
array shapes[7] = [7, 5, 9, 13, 11, 15, 2]
place(scheme) = sum [k = 1:words(known)] (word(known, k) eq scheme ? k : 0)
colour(scheme) = place(scheme) ? colours[1 + (place(scheme) - 1) % 8] : "#888888"
shape(scheme) = place(scheme) ? shapes[1 + (place(scheme) - 1) % 7] : 1

set border 3 linecolor "#444444"
set tics nomirror textcolor "#222222"
set grid ytics linecolor "#dddddd" linetype 1
set title font ",13" textcolor "#222222"
set xlabel textcolor "#222222"
set ylabel textcolor "#222222"
set key textcolor "#222222" samplen 1.6
set style fill solid noborder

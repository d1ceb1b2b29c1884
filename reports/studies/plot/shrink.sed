# Takes from a gnuplot SVG, read whole (sed -z), what it says again for every line, and its empty groups.
s/ fill="none" color="black" stroke="currentColor"( stroke-width="[0-9.]+") stroke-linecap="butt" stroke-linejoin="miter"/\1/g
s/<g id="gnuplot_canvas"/& fill="none" color="black" stroke="currentColor" stroke-linecap="butt" stroke-linejoin="miter" font-family="sans-serif"/
s/ font-family="sans-serif"  ?/ /2g
s/<filter.*<\/filter>//
s/rgb\( *34, *34, *34\)/#222/g
s/rgb\( *68, *68, *68\)/#444/g
s/rgb\(221, 221, 221\)/#ddd/g
s/\t//g
s/<g[^>]*>\n?<text><\/text>\n<\/g>\n//g
s/<g [^>]*>\n<\/g>\n//g
s/<g id="gnuplot_plot[^>]*><title>[^<]*<\/title>\n(<g [^>]*>\n<\/g>\n)*<\/g>\n//g
s/ class="gridline"//g
s/\n\n+/\n/g

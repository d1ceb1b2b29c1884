// Charts of Chart.js in the page's colours. They are made anew when the colours change: the scheme
// turns dark, or paper asks for the light one.

const kCharts = [];

function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
}
const series = (index) => colour('series-' + (index % 7 + 1));
const kShapes = ['circle', 'triangle', 'rect', 'rectRot', 'star', 'crossRot', 'cross'];

function applyTheme() {
    Chart.defaults.color = colour('quiet');
    Chart.defaults.borderColor = colour('line');
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = 12;
    Chart.defaults.animation = false;
    Chart.defaults.maintainAspectRatio = false;
    Chart.defaults.plugins.legend.labels.usePointStyle = true;
    Chart.defaults.plugins.legend.labels.boxHeight = 7;
    Chart.defaults.plugins.tooltip.usePointStyle = true;
}

function drawAll() {
    applyTheme();
    for (const entry of kCharts) {
        if (entry.chart) entry.chart.destroy();
        entry.chart = new Chart(entry.canvas, entry.configure());
    }
}

function redraw(entry) {
    if (entry.chart) entry.chart.destroy();
    entry.chart = new Chart(entry.canvas, entry.configure());
}

// Arrow keys step through what the pointer would point at.
function stepWithKeys(entry, event) {
    const direction = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    if (!direction) return;
    event.preventDefault();
    const places = entry.chart.data.datasets.flatMap((dataset, datasetIndex) =>
        dataset.silent ? [] : dataset.data.map((_, index) => ({datasetIndex, index})));
    if (!places.length) return;
    entry.place = ((entry.place ?? (direction > 0 ? -1 : 0)) + direction + places.length) % places.length;
    const active = [places[entry.place]];
    entry.chart.setActiveElements(active);
    const at = entry.chart.getDatasetMeta(active[0].datasetIndex).data[active[0].index];
    entry.chart.tooltip.setActiveElements(active, {x: at.x, y: at.y});
    entry.chart.update();
    announce(entry.chart.tooltip.title.concat(entry.chart.tooltip.body.flatMap((b) => b.lines)).join(' '));
}

// `configure` gives Chart.js's configuration, with the colours of the moment.
function figure({id, title, text, height, wide, picks, configure}) {
    const canvas = element('canvas', {id, role: 'img', tabindex: 0,
        'aria-label': title + '. ' + (text || '') + ' Arrow keys step through it; a table holds the same figures.'});
    const entry = {canvas, configure, chart: null};
    canvas.addEventListener('keydown', (event) => stepWithKeys(entry, event));
    kCharts.push(entry);
    for (const pick of picks || []) pick.addEventListener('change', () => redraw(entry));
    const box = element('div', {class: 'canvas'}, canvas);
    box.style.height = height + 'px';  // of the document's object model, which the policy lets pass
    return element('figure', {class: wide ? 'wide' : null},
        element('figcaption', {}, element('h3', {}, title), text ? element('p', {}, text) : null),
        picks ? element('div', {class: 'picks'}, picks.map((pick) => pick.parentNode)) : null, box);
}

function pick(label, choices) {
    const select = element('select', {'aria-label': label},
        choices.map((choice, index) => element('option', {value: index}, choice.title)));
    element('label', {}, label + ' ', select);
    return select;
}

const barsHeight = (rows, each = 26) => 70 + each * rows;

function axis(title, more) {
    return {title: {display: true, text: title}, ...more};
}

// Of a logarithmic axis, whose other marks would crowd each other.
const kPowers = {maxRotation: 0, autoSkip: false, callback: (value) =>
    Number.isInteger(Math.round(Math.log10(value) * 1e6) / 1e6) ? value.toLocaleString('en-US') : ''};

// Bars to the right, one row a name. `sets`: {label, values, colour}; stacked where several.
function barsConfiguration({names, sets, title, stacked, most, tip, bands}) {
    const datasets = sets.map((set) => ({label: set.label, data: set.values,
        backgroundColor: set.colour, maxBarThickness: 18, pointStyle: 'rect'}));
    if (bands) datasets.unshift({label: 'low to high', data: bands, silent: false, grouped: false,
        backgroundColor: colour('ink'), borderColor: colour('ink'), borderWidth: 1, barThickness: 2,
        pointStyle: 'line'});
    return {type: 'bar', data: {labels: names, datasets}, options: {
        indexAxis: 'y',
        scales: {x: axis(title, {stacked, max: most, beginAtZero: true}),
                 y: {stacked, grid: {display: false}, ticks: {autoSkip: false}}},
        plugins: {legend: {display: datasets.length > 1, position: 'bottom'},
                  tooltip: {callbacks: {label: tip}}}}};
}

// One bar a name with its band across it, the largest first.
function bandedBars({rows, of, units, what, index}) {
    const sorted = rows.slice().sort((a, b) => of(b).value - of(a).value);
    const [factor, unit] = fitting(Math.max(...sorted.map((row) => of(row).value)), units);
    const part = (value) => value / factor;
    return barsConfiguration({
        names: sorted.map((row) => row.name ?? row.scheme),
        title: what + ' [' + unit + ']',
        sets: [{label: what, values: sorted.map((row) => part(of(row).value)), colour: series(index)}],
        bands: sorted.map((row) => [part(of(row).low), part(of(row).high)]),
        tip: (item) => {
            const band = of(sorted[item.dataIndex]);
            return scaled(band.value, units) + ' (' + range(band, units) + ')';
        },
    });
}

// Counts of several kinds, one stacked bar a name.
function stackedBars({rows, kinds, units, what}) {
    const sums = rows.map((row) => kinds.reduce((sum, kind) => sum + kind.of(row), 0));
    const [factor, unit] = fitting(Math.max(...sums, 0), units);
    return barsConfiguration({
        names: rows.map((row) => row.name ?? row.scheme),
        title: what + (unit ? ' [' + unit + ']' : ''),
        stacked: true,
        sets: kinds.map((kind, index) => ({label: kind.title, colour: kind.colour ?? series(index),
            values: rows.map((row) => kind.of(row) / factor)})),
        tip: (item) => item.dataset.label + ': ' + scaled(item.raw * factor, units),
    });
}

// Names beside the points of a scatter chart, none over another name or point; one that finds no
// place is left to the tooltip.
const kPointNames = {
    id: 'pointNames',
    afterDatasetsDraw(chart) {
        const {ctx, chartArea} = chart;
        const taken = [];
        const free = (box) => box.left >= chartArea.left && box.right <= chartArea.right &&
            box.top >= chartArea.top - 6 && box.bottom <= chartArea.bottom &&
            taken.every((other) => box.right < other.left || box.left > other.right ||
                box.bottom < other.top || box.top > other.bottom);
        ctx.save();
        ctx.font = '12px ' + Chart.defaults.font.family;
        ctx.fillStyle = colour('ink');
        ctx.strokeStyle = colour('card');
        ctx.lineWidth = 3;
        ctx.textBaseline = 'middle';
        chart.data.datasets.forEach((dataset, index) => {
            if (!dataset.named || !chart.isDatasetVisible(index)) return;
            for (const {x, y} of chart.getDatasetMeta(index).data) {
                taken.push({left: x - 6, right: x + 6, top: y - 6, bottom: y + 6});
            }
        });
        chart.data.datasets.forEach((dataset, index) => {
            if (!dataset.named || !chart.isDatasetVisible(index)) return;
            chart.getDatasetMeta(index).data.forEach((point, at) => {
                const name = dataset.data[at].name;
                const width = ctx.measureText(name).width;
                const places = [[9, 0], [-9 - width, 0], [-width / 2, -14], [-width / 2, 14], [9, -13],
                    [9, 13], [-9 - width, -13], [-9 - width, 13]];
                const boxes = places.map(([dx, dy]) => ({left: point.x + dx, right: point.x + dx + width,
                    top: point.y + dy - 7, bottom: point.y + dy + 7}));
                const box = boxes.find(free);
                if (!box) return;
                taken.push(box);
                ctx.strokeText(name, box.left, (box.top + box.bottom) / 2);
                ctx.fillText(name, box.left, (box.top + box.bottom) / 2);
            });
        });
        ctx.restore();
    },
};

function followTheme() {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
    // Paper is light, and narrower than the window.
    const prepare = (onPaper) => {
        document.documentElement.classList.toggle('on-paper', onPaper);
        drawAll();
    };
    addEventListener('beforeprint', () => prepare(true));
    addEventListener('afterprint', () => prepare(false));
}

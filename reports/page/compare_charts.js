// The charts of a comparison.

function changeChart(schemes) {
    const rows = schemes.filter((row) => row.change.cycles_percent !== null);
    const sets = [['cycles', 'cycles_percent'], ['energy', 'energy_percent'], ['area', 'area_percent']];
    return figure({id: 'chart-change', title: 'Change against ' + schemes[0].scheme, wide: true,
        height: barsHeight(rows.length, 46), text: 'In percent of the first row.',
        configure: () => barsConfiguration({names: rows.map((row) => row.scheme), title: 'change [%]',
            sets: sets.map(([label, key], index) => ({label, colour: series(index),
                values: rows.map((row) => row.change[key])})),
            tip: (item) => item.dataset.label + ' ' + signedPercent(item.raw)})});
}

function costCharts(schemes) {
    const text = 'The thin line is the band from low to high; schemes share most of it.';
    const height = barsHeight(schemes.length);
    return [
        figure({id: 'chart-cycles', title: 'Cycles', height, text: 'Of the whole run.',
            configure: () => stackedBars({rows: schemes, units: kCounts, what: 'cycles', kinds: [
                {title: 'without lookups that lengthen a tile',
                 of: (row) => row.cycles - row.exposed_lookup_cycles, colour: series(0)},
                {title: 'lookups that lengthen a tile', of: (row) => row.exposed_lookup_cycles,
                 colour: series(4)}]})}),
        figure({id: 'chart-energy', title: 'Energy', height, text,
            configure: () => bandedBars({rows: schemes, of: (row) => row.energy_pj, units: kEnergy,
                what: 'energy', index: 1})}),
        figure({id: 'chart-area', title: 'Area', height, text,
            configure: () => bandedBars({rows: schemes, of: (row) => row.area_mm2, units: [[1, 'mm²']],
                what: 'area', index: 2})}),
        figure({id: 'chart-dram', title: 'DRAM traffic', height, text: 'Of the bytes read, the tables\' apart.',
            configure: () => stackedBars({rows: schemes, units: kBytes, what: 'traffic', kinds: [
                {title: 'read', of: (row) => row.dram_read_bytes - row.table_dram_read_bytes},
                {title: 'read: tables', of: (row) => row.table_dram_read_bytes},
                {title: 'written', of: (row) => row.dram_written_bytes}]})}),
    ];
}

function lookupCharts(schemes) {
    const height = barsHeight(schemes.length);
    return [
        figure({id: 'chart-lookup-cycles', title: 'Cycles of lookups', height,
            text: 'A tile that waits for its ports anyway hides its lookup.',
            configure: () => stackedBars({rows: schemes, units: kCounts, what: 'cycles', kinds: [
                {title: 'exposed: lengthened a tile', of: (row) => row.exposed_lookup_cycles, colour: series(4)},
                {title: 'hidden', of: (row) => Math.max(0, row.lookup_cycles - row.exposed_lookup_cycles),
                 colour: series(5)}]})}),
        figure({id: 'chart-lookup-energy', title: 'Energy of lookups', height,
            text: 'Reads and comparisons, with their band.',
            configure: () => bandedBars({rows: schemes, of: (row) => row.lookup_energy_pj, units: kEnergy,
                what: 'energy', index: 1})}),
        figure({id: 'chart-lookup-area', title: 'Area of tables and lookup logic', height,
            text: 'The chip holds the tables of one layer, or of all, as its residency says.',
            configure: () => stackedBars({rows: schemes, units: [[1e-6, 'µm²'], [0.1, 'mm²']], what: 'area',
                kinds: [
                    {title: 'tables', of: (row) => row.table_area_mm2.value, colour: series(2)},
                    {title: 'logic', of: (row) => row.lookup_logic_area_mm2.value, colour: series(3)}]})}),
        figure({id: 'chart-table-bytes', title: 'What the tables hold', height, text: 'Of all layers.',
            configure: () => stackedBars({rows: schemes, units: kBytes, what: 'bytes',
                kinds: ['ranges', 'scales', 'codes', 'state_scales'].map((kind) => ({
                    title: kind.replace('_', ' '), of: (row) => row.table_bytes_by_kind[kind]}))})}),
    ];
}

function costMetrics() {
    return [
        {title: 'energy', of: (row) => row.energy_pj.value, units: kEnergy},
        {title: 'cycles', of: (row) => row.cycles, units: kCounts},
        {title: 'area', of: (row) => row.area_mm2.value, units: [[1, 'mm²']]},
        {title: 'DRAM traffic', of: (row) => row.dram_bytes, units: kBytes},
        {title: 'table bytes', of: (row) => row.table_bytes, units: kBytes},
        {title: 'lookup energy', of: (row) => row.lookup_energy_pj.value, units: kEnergy},
        {title: 'conv to SSM, DRAM', of: (row) => row.conv_to_ssm_dram_bytes, units: kBytes},
    ];
}

// Nothing is lost in the SSM input: the network is what it is compared with.
const isExact = (row) => row.ssm_input_noiseless === true;

// More is better in all of them, but for the divergence.
function accuracyMetrics(schemes) {
    return [
        {title: 'SQNR of the network [dB]', of: (row) => row.network.sqnr_db,
         exact: (row) => row.network.noiseless},
        {title: 'SQNR of the layers\' output [dB]', of: (row) => row.layer_output_sqnr_db,
         exact: (row) => row.layer_output_noiseless},
        {title: 'SQNR of the SSM input [dB]', of: (row) => row.ssm_input_sqnr_db,
         exact: (row) => row.ssm_input_noiseless},
        {title: 'same top-1 [share of rows]', of: (row) => row.network.top1_agreement},
        {title: 'KL divergence [nats], less is better', of: (row) => row.network.kl_nats, less: true},
    ].filter((metric) => schemes.some((row) => metric.of(row) !== null));
}

// Schemes that no other beats in one without being worse in the other; by rising cost.
function paretoLine(points, less) {
    const sign = less ? -1 : 1;
    const line = [];
    for (const point of points.slice().sort((a, b) => a.x - b.x || sign * (b.y - a.y))) {
        const last = line[line.length - 1];
        const asGood = last && point.x === last.x && point.y === last.y;
        if (!last || asGood || sign * point.y > sign * last.y) line.push(point);
    }
    return line;
}

// A code without noise has no finite SQNR: it is drawn above all others.
function worthPoints(schemes, cost, worth) {
    const finite = schemes.map(worth.of).filter((value) => value !== null);
    if (!finite.length) finite.push(0);
    const spread = Math.max(...finite) - Math.min(...finite);
    const above = Math.max(...finite) + Math.max(1, 0.15 * spread);
    const [factor, unit] = fitting(Math.max(...schemes.map(cost.of)), cost.units);
    const points = schemes.map((row) => {
        const exact = Boolean(worth.exact && worth.exact(row));
        return {name: row.scheme, row, exact, x: cost.of(row) / factor, y: exact ? above : worth.of(row)};
    }).filter((point) => point.y !== null);
    return {points, unit};
}

function paretoConfiguration(schemes, cost, worth) {
    const {points, unit} = worthPoints(schemes, cost, worth);
    const line = paretoLine(points, worth.less);
    const set = (label, data, index, shape) => ({label, data, named: true, pointRadius: 7, pointHoverRadius: 9,
        backgroundColor: series(index), borderColor: series(index), borderWidth: 2, pointStyle: shape});
    const datasets = [
        set('on the Pareto line', points.filter((p) => line.includes(p)), 0, 'circle'),
        set('beaten by another', points.filter((p) => !line.includes(p)), 4, 'triangle'),
        {label: 'Pareto line', type: 'line', data: line, stepped: 'before', borderColor: series(0),
         borderWidth: 2, borderDash: [5, 4], pointRadius: 0, silent: true, pointStyle: 'line'},
    ];
    return {type: 'scatter', data: {datasets}, plugins: [kPointNames], options: {
        scales: {x: axis(cost.title + (unit ? ' [' + unit + ']' : ''), {grace: '15%'}),
                 y: axis(worth.title, {grace: '10%'})},
        plugins: {legend: {position: 'bottom'}, tooltip: {callbacks: {label: (item) => item.raw.name + ': ' +
            scaled(cost.of(item.raw.row), cost.units) + ', ' +
            (item.raw.exact ? 'exact' : threeDigits(item.raw.y))}}}}};
}

function paretoChart(schemes, metrics) {
    const costs = costMetrics();
    const worth = pick('Accuracy', metrics);
    const cost = pick('Cost', costs);
    const shown = pick('Schemes', [{title: 'all'}, {title: 'only those with noise'}]);
    return figure({id: 'chart-pareto', title: 'Accuracy against cost', wide: true, height: 440,
        picks: [worth, cost, shown], text: 'On the dashed line stand the schemes that no other beats in both. ' +
            'Exact ones, which have no noise, are drawn above the rest.',
        configure: () => {
            const metric = metrics[worth.value];
            const some = schemes.filter((row) => metric.of(row) !== null && !isExact(row));
            return paretoConfiguration(shown.value === '1' && some.length ? some : schemes,
                costs[cost.value], metric);
        }});
}

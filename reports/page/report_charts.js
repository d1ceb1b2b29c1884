// The charts of a run.

function cycleKinds() {
    return [
        {key: 'busy_cycles', title: 'busy', colour: series(0)},
        {key: 'stalled_input_cycles', title: 'waits for input', colour: series(1)},
        {key: 'stalled_output_cycles', title: 'waits to hand on', colour: series(4)},
        {key: 'idle_cycles', title: 'idle', colour: colour('series-rest')},
    ];
}

function cyclesOf(block) {
    return cycleKinds().reduce((sum, kind) => sum + block[kind.key], 0);
}

function blockTimeChart(report) {
    const rows = report.blocks;
    return figure({id: 'chart-cycles', title: 'Cycles by block', wide: true, height: barsHeight(rows.length),
        text: 'Every cycle of a block is one of four kinds; together they are the whole run.',
        configure: () => barsConfiguration({names: rows.map((row) => row.name), stacked: true, most: 100,
            title: 'share of the run\'s cycles [%]',
            sets: cycleKinds().map((kind) => ({label: kind.title, colour: kind.colour,
                values: rows.map((row) => 100 * row[kind.key] / Math.max(cyclesOf(row), 1))})),
            tip: (item) => item.dataset.label + ': ' + item.raw.toFixed(1) + ' %, ' +
                grouped(rows[item.dataIndex][cycleKinds()[item.datasetIndex].key]) + ' cycles'})});
}

function energyAndAreaCharts(report) {
    const standing = report.blocks;
    const built = report.blocks.filter((block) => block.area_mm2.high > 0);
    const bandText = 'The thin line is the band from low to high that the technology card gives.';
    return [
        figure({id: 'chart-energy', title: 'Energy by block', text: bandText,
            height: barsHeight(standing.length),
            configure: () => bandedBars({rows: standing, of: (row) => row.energy_pj, units: kEnergy,
                what: 'energy', index: 1})}),
        figure({id: 'chart-area', title: 'Area by block', height: barsHeight(built.length),
            text: bandText + ' The DRAM is another chip.',
            configure: () => bandedBars({rows: built, of: (row) => row.area_mm2, units: [[1, 'mm²']],
                what: 'area', index: 2})}),
        figure({id: 'chart-op-energy', title: 'Dynamic energy by operation', wide: true,
            height: barsHeight(report.ops.length),
            text: 'Leakage and the rows that the DRAM opens belong to blocks and to no operation.',
            configure: () => bandedBars({rows: report.ops, of: (row) => row.energy_pj, units: kEnergy,
                what: 'energy', index: 1})}),
    ];
}

function dramCharts(report) {
    const kinds = kTrafficKinds.map((name) => ({name, ...report.dram.by_kind[name]}));
    const ops = report.ops.filter((op) => op.dram_read_bytes + op.dram_written_bytes > 0);
    const charts = [
        figure({id: 'chart-dram-kind', title: 'DRAM traffic by kind', height: barsHeight(Math.max(ops.length, 4)),
            text: 'What was asked for; whole bursts are a little more.',
            configure: () => stackedBars({rows: kinds, units: kBytes, what: 'traffic', kinds: [
                {title: 'read', of: (row) => row.read_bytes},
                {title: 'written', of: (row) => row.written_bytes}]})}),
        figure({id: 'chart-dram-op', title: 'DRAM traffic by operation', height: barsHeight(ops.length),
            text: 'Read and written together, by what the bytes are.',
            configure: () => stackedBars({rows: ops, units: kBytes, what: 'traffic',
                kinds: kTrafficKinds.map((name) => ({title: name, of: (row) =>
                    row.dram_by_kind[name].read_bytes + row.dram_by_kind[name].written_bytes}))})}),
    ];
    return report.dram.read_latency_bins.some((bin) => bin > 0)
        ? charts.concat(latencyChart(report.dram.read_latency_bins)) : charts;
}

// Bin i holds what took 2^(i-1) ns and more, less than 2^i ns.
function latencyChart(bins) {
    const first = bins.findIndex((bin) => bin > 0);
    const last = bins.length - 1 - bins.slice().reverse().findIndex((bin) => bin > 0);
    const part = bins.slice(first, last + 1);
    return figure({id: 'chart-latency', title: 'How long a DRAM read takes', wide: true, height: 240,
        text: 'Bursts, from their place in the controller\'s queue to their last data.',
        configure: () => ({type: 'bar', data: {
            labels: part.map((_, i) => (first + i ? 2 ** (first + i - 1) : 0) + ' to ' + 2 ** (first + i)),
            datasets: [{label: 'bursts', data: part, backgroundColor: series(5)}]}, options: {
            scales: {x: axis('latency [ns]', {grid: {display: false}}), y: axis('bursts', {beginAtZero: true})},
            plugins: {legend: {display: false}}}})});
}

// The roof: what the memory's peak allows at an intensity, and what the MAC array does at most.
function roofPoints(peaks, low, high) {
    const ridge = peaks.mac_operations_per_cycle / peaks.dram_bytes_per_cycle;
    return [low, ridge, high].filter((x) => x >= low && x <= high).map((x) => ({x,
        y: Math.min(peaks.mac_operations_per_cycle, x * peaks.dram_bytes_per_cycle)}));
}

function wholeRun(report) {
    const sum = (key) => report.ops.reduce((total, op) => total + op[key], 0);
    return {name: 'whole run', operations: sum('operations'), cycles: report.totals.cycles,
            dram_read_bytes: report.totals.dram_read_bytes,
            dram_written_bytes: report.totals.dram_written_bytes};
}

function rooflineConfiguration(report) {
    const traffic = (op) => op.dram_read_bytes + op.dram_written_bytes;
    const computing = report.ops.filter((op) => op.operations > 0 && op.cycles > 0);
    const intensities = computing.filter(traffic).map((op) => op.operations / traffic(op));
    const ridge = report.peaks.mac_operations_per_cycle / report.peaks.dram_bytes_per_cycle;
    const low = Math.min(ridge, ...intensities) / 4;
    const edge = Math.max(ridge, ...intensities) * 8;
    const point = (op) => ({name: op.name, op, y: op.operations / op.cycles,
        x: traffic(op) ? op.operations / traffic(op) : edge});
    const set = (label, ops, index, shape) => ({label, data: ops.map(point), named: true,
        backgroundColor: series(index), borderColor: series(index), pointRadius: 6, pointHoverRadius: 8,
        pointStyle: shape});
    const blocks = [...new Set(computing.filter(traffic).map((op) => op.block))];
    const sets = blocks.map((block, index) => set('in ' + block,
        computing.filter((op) => traffic(op) && op.block === block), index, kShapes[index % 4]));
    const inside = computing.filter((op) => !traffic(op));
    if (inside.length) sets.push(set('no DRAM traffic: at the edge', inside, 6, 'star'));
    sets.push(set('the whole run', [wholeRun(report)], 4, 'crossRot'));
    sets.forEach((each) => { each.borderWidth = 2; });
    const roof = {label: 'roof of the MAC array and the DRAM', data: roofPoints(report.peaks, low, edge * 1.6),
        type: 'line', borderColor: colour('quiet'), borderWidth: 2, pointRadius: 0, silent: true,
        pointStyle: 'line'};
    return {type: 'scatter', data: {datasets: [...sets, roof]}, plugins: [kPointNames], options: {
        scales: {x: axis('operations for each byte of DRAM traffic', {type: 'logarithmic', min: low, max: edge * 1.6, ticks: kPowers}),
                 y: axis('operations a cycle', {type: 'logarithmic', ticks: kPowers,
                     max: report.peaks.mac_operations_per_cycle * 3})},
        plugins: {legend: {position: 'bottom'}, tooltip: {callbacks: {label: (item) => item.raw.op
            ? item.raw.name + ': ' + threeDigits(item.raw.y) + ' operations a cycle, ' +
                (traffic(item.raw.op) ? threeDigits(item.raw.x) + ' for each byte' : 'no DRAM traffic')
            : item.dataset.label}}}}};
}

function rooflineChart(report) {
    const left = report.ops.filter((op) => op.operations === 0 || op.cycles === 0).map((op) => op.name);
    return figure({id: 'chart-roofline', title: 'Roofline', wide: true, height: 420,
        text: 'Arithmetic of integers and FP32, a multiply-add counting as two; an operation\'s cycles run ' +
            'from its first tile to its last. The roof is the MAC array\'s: other blocks have lower ones. Above ' +
            'its slope stands what had its bytes fetched while others ran; the whole run cannot.' +
            (left.length ? ' Without arithmetic and not drawn: ' + left.join(', ') + '.' : ''),
        configure: () => rooflineConfiguration(report)});
}

function layerMetrics() {
    return [
        {title: 'cycles', of: (layer) => layer.cycles, units: kCounts, unit: ''},
        {title: 'dynamic energy', of: (layer) => layer.energy_pj.value, units: kEnergy,
         band: (layer) => layer.energy_pj},
        {title: 'DRAM read', of: (layer) => layer.dram_read_bytes, units: kBytes},
        {title: 'DRAM written', of: (layer) => layer.dram_written_bytes, units: kBytes},
    ];
}

function layerChart(report) {
    const metrics = layerMetrics();
    const select = pick('Show', metrics);
    return figure({id: 'chart-layers', title: 'Layer by layer', wide: true, height: 260, picks: [select],
        text: 'Cycles run from the end of the layer before to the end of this one.',
        configure: () => {
            const metric = metrics[select.value];
            const values = report.layers.map(metric.of);
            const [factor, unit] = fitting(Math.max(...values), metric.units);
            const datasets = [{label: metric.title, data: values.map((v) => v / factor),
                backgroundColor: series(0), maxBarThickness: 60}];
            if (metric.band) datasets.unshift({label: 'low to high', grouped: false, barThickness: 3,
                backgroundColor: colour('ink'),
                data: report.layers.map((l) => [metric.band(l).low / factor, metric.band(l).high / factor])});
            return {type: 'bar', data: {labels: report.layers.map((l) => l.index), datasets}, options: {
                scales: {x: axis('layer', {grid: {display: false}}),
                         y: axis(metric.title + (unit ? ' [' + unit + ']' : ''), {beginAtZero: true})},
                plugins: {legend: {display: false}, tooltip: {callbacks: {
                    label: (item) => scaled(values[item.dataIndex], metric.units)}}}}};
        }});
}

function qualityChart(layers) {
    const sets = [['SSM input', 'ssm_input_sqnr_db'], ['layer output', 'layer_output_sqnr_db']];
    return figure({id: 'chart-quality', title: 'SQNR layer by layer', wide: true, height: 260,
        text: 'Against the same layer with an FP32 SSM input. A gap: no noise, or no signal.',
        configure: () => ({type: 'line', data: {labels: layers.map((layer) => layer.index),
            datasets: sets.map(([label, key], index) => ({label, data: layers.map((layer) => layer[key]),
                borderColor: series(index), backgroundColor: series(index), pointRadius: 5,
                pointStyle: kShapes[index], borderDash: index ? [6, 4] : []}))}, options: {
            scales: {x: axis('layer', {offset: true, grid: {display: false}}), y: axis('SQNR [dB]')},
            plugins: {legend: {position: 'bottom'}}}})});
}

// The page of a run: report.json, section by section.

function headline(report) {
    const t = report.totals;
    return tiles([
        ['time', time(t.time_ns), grouped(t.cycles) + ' cycles'],
        ['cycles a token', threeDigits(t.cycles_per_token), grouped(t.tokens) + ' tokens'],
        ['energy', energy(t.energy_pj.value), energyRange(t.energy_pj)],
        ['area', area(t.area_mm2.value), areaRange(t.area_mm2)],
        ['DRAM read', bytes(t.dram_read_bytes), grouped(t.dram_read_bytes) + ' B'],
        ['DRAM written', bytes(t.dram_written_bytes), grouped(t.dram_written_bytes) + ' B'],
        ['of the DRAM\'s peak', percent(report.dram.bandwidth_utilization, 1), report.dram.name],
        saturation(report.quantization),
    ]);
}

function saturation(quantization) {
    const elements = grouped(quantization.elements);
    if (quantization.saturated === null) return ['saturated codes', '-', 'no bits computed, ' + elements + ' codes'];
    return ['saturated codes', percent(quantization.saturated, quantization.elements),
        grouped(quantization.saturated) + ' of ' + elements];
}

function verdict(check) {
    if (!check) return badge('', 'bits not checked');
    const elements = check.tensors.reduce((sum, tensor) => sum + tensor.elements, 0);
    if (check.mismatches === 0) {
        return badge('good', '✓ equal to ' + check.against + ': all ' + grouped(elements) + ' elements');
    }
    return badge('bad', '✗ ' + grouped(check.mismatches) + ' of ' + grouped(elements) +
        ' elements differ from ' + check.against);
}

function opTable(report) {
    const total = report.totals.energy_pj.value;
    return table({id: 'ops', title: 'Operations, over all layers and steps', rows: report.ops, columns: [
        {key: 'name', title: 'Operation', of: (op) => op.name, text: true},
        {key: 'block', title: 'Block', of: (op) => op.block, text: true},
        {key: 'tiles', title: 'Tiles', of: (op) => op.tiles, show: (op) => grouped(op.tiles)},
        {key: 'cycles', title: 'Cycles', of: (op) => op.cycles, show: (op) => grouped(op.cycles)},
        {key: 'busy_cycles', title: 'Busy', of: (op) => op.busy_cycles, show: (op) => grouped(op.busy_cycles)},
        {key: 'macs', title: 'MACs', of: (op) => op.macs, show: (op) => count(op.macs)},
        {key: 'operations', title: 'Arithmetic', of: (op) => op.operations, show: (op) => count(op.operations)},
        {key: 'dram_read_bytes', title: 'DRAM read', of: (op) => op.dram_read_bytes,
         show: (op) => bytes(op.dram_read_bytes)},
        {key: 'dram_written_bytes', title: 'DRAM written', of: (op) => op.dram_written_bytes,
         show: (op) => bytes(op.dram_written_bytes)},
        ...bandColumns('energy_pj', 'Energy', (op) => op.energy_pj, energy, energyRange),
        {key: 'energy_share', title: 'Share', of: (op) => op.energy_pj.value / total, notCopied: true,
         show: (op) => percent(op.energy_pj.value, total)},
    ]});
}

function blockTable(report) {
    const part = (key, title) => ({key, title, of: (block) => block[key],
        show: (block) => percent(block[key], cyclesOf(block))});
    return table({id: 'blocks', title: 'Blocks', rows: report.blocks, columns: [
        {key: 'name', title: 'Block', of: (block) => block.name, text: true},
        part('busy_cycles', 'Busy'), part('stalled_input_cycles', 'Waits for input'),
        part('stalled_output_cycles', 'Waits to hand on'), part('idle_cycles', 'Idle'),
        ...bandColumns('energy_pj', 'Energy', (block) => block.energy_pj, energy, energyRange),
        ...areaColumns('area_mm2', 'Area', report.blocks, (block) => block.area_mm2),
    ]});
}

function countTable(report) {
    const rows = report.blocks.flatMap((block) => Object.entries(block.counts).map(([event, number]) =>
        ({block: block.name, event, number})));
    return folded('What the blocks did, counted', table({id: 'counts', title: 'Primitive operations and bytes',
        rows, columns: [
            {key: 'block', title: 'Block', of: (row) => row.block, text: true},
            {key: 'event', title: 'Event', of: (row) => row.event, text: true},
            {key: 'count', title: 'Count', of: (row) => row.number, show: (row) => grouped(row.number)},
        ]}));
}

function layerTable(report) {
    return table({id: 'layers', title: 'Layers', rows: report.layers, columns: [
        {key: 'index', title: 'Layer', of: (layer) => layer.index},
        {key: 'scheme', title: 'Scheme', of: (layer) => layer.scheme, text: true},
        {key: 'cycles', title: 'Cycles', of: (layer) => layer.cycles, show: (layer) => grouped(layer.cycles)},
        ...bandColumns('energy_pj', 'Energy', (layer) => layer.energy_pj, energy, energyRange),
        {key: 'dram_read_bytes', title: 'DRAM read', of: (layer) => layer.dram_read_bytes,
         show: (layer) => bytes(layer.dram_read_bytes)},
        {key: 'dram_written_bytes', title: 'DRAM written', of: (layer) => layer.dram_written_bytes,
         show: (layer) => bytes(layer.dram_written_bytes)},
    ]});
}

function dramTable(report) {
    const d = report.dram;
    const rows = kTrafficKinds.map((kind) => ({kind, ...d.by_kind[kind]})).concat([
        {kind: 'of the activations: conv to SSM', ...d.conv_to_ssm}, {kind: 'whole bursts', ...d.moved}]);
    const bursts = d.row_hits + d.row_misses + d.row_conflicts;
    const traffic = (key, title) => ({key, title, of: (row) => row[key],
        show: (row) => bytes(row[key]) + (row[key] < 1024 ? '' : ' (' + grouped(row[key]) + ' B)')});
    return [table({id: 'dram-kinds', title: 'DRAM: ' + d.name, rows, columns: [
        {key: 'kind', title: 'Kind', of: (row) => row.kind, text: true},
        traffic('read_bytes', 'Read'), traffic('written_bytes', 'Written')]}),
    bursts ? explained('Rows: ' + percent(d.row_hits, bursts) + ' of the bursts found theirs open, ' +
        percent(d.row_misses, bursts) + ' closed, ' + percent(d.row_conflicts, bursts) +
        ' another open; ' + grouped(d.activates) + ' were opened. A read took ' +
        threeDigits(d.mean_read_latency_ns) + ' ns on average. Refresh: ' + grouped(d.refresh_cycles) +
        ' cycles.') : null];
}

function lookupSection(lookup) {
    const stored = Object.values(lookup.table_bytes).reduce((sum, part) => sum + part, 0);
    section({id: 'lookup', title: 'Scale lookup', inContents: 'Lookup'}, explained('Kind: ' + lookup.kind + '. Lookup energy is of reads and ' +
        'comparisons; filling the tables and their leakage are in the blocks.'), tiles([
        ['lookups', grouped(lookup.lookups), 'scales delivered'],
        ['cycles in front of tiles', grouped(lookup.cycles), grouped(lookup.exposed_cycles) +
            ' of them lengthened a tile'],
        ['lookup energy', energy(lookup.energy_pj.value), energyRange(lookup.energy_pj)],
        ['table area', area(lookup.table_area_mm2.value), areaRange(lookup.table_area_mm2)],
        ['lookup logic', area(lookup.logic_area_mm2.value), areaRange(lookup.logic_area_mm2)],
        ['tables', bytes(stored), Object.entries(lookup.table_bytes).filter(([, n]) => n)
            .map(([name, n]) => name.replace('_', ' ') + ' ' + grouped(n) + ' B').join(', ')],
    ]));
}

function qualitySection(report) {
    const q = report.quality;
    const units = report.unit_errors.length ? table({id: 'units', rows: report.unit_errors,
        title: 'Approximate units, against the exact ones', columns: [
            {key: 'unit', title: 'Unit', of: (u) => u.unit, text: true},
            {key: 'kind', title: 'Kind', of: (u) => u.kind, text: true},
            {key: 'max_ulp', title: 'Most ulp', of: (u) => u.max_ulp, show: (u) => threeDigits(u.max_ulp)},
            {key: 'mean_ulp', title: 'Mean ulp', of: (u) => u.mean_ulp, show: (u) => threeDigits(u.mean_ulp)},
        ]}) : null;
    if (!q && !units) return;
    section({id: 'quality', title: 'Accuracy'}, q ? [
        explained('What the codes of the SSM input are worth, against an FP32 SSM input.'),
        tiles([
            ['SSM input', decibels(q.ssm_input_sqnr_db, q.ssm_input_noiseless), 'SQNR'],
            ['layer output', decibels(q.layer_output_sqnr_db, q.layer_output_noiseless), 'SQNR'],
            q.network && [q.network.of.replaceAll('_', ' '), decibels(q.network.sqnr_db, q.network.noiseless),
                'SQNR over ' + grouped(q.network.rows) + ' rows'],
            q.network && q.network.top1_agreement !== null &&
                ['same top-1', percent(q.network.top1_agreement, 1), 'of the rows'],
            q.network && q.network.kl_nats !== null &&
                ['KL divergence', threeDigits(q.network.kl_nats) + ' nats', 'mean over the rows'],
            q.network && q.network.cosine !== null &&
                ['cosine', q.network.cosine.toFixed(5), 'mean over the rows'],
            ['x saturated', percent(q.x.saturated, q.x.elements), grouped(q.x.saturated) + ' codes'],
            ['x flagged', percent(q.x.flagged, q.x.elements), grouped(q.x.flagged) + ' codes'],
        ]),
        element('div', {class: 'charts'}, qualityChart(q.layers))] : null, units);
}

function firstDifference(tensor) {
    const f = tensor.first;
    if (!f) return '-';
    return '[' + f.at.join(', ') + ']' + (f.step ? ' of step ' + f.step : '') + ': got ' + f.got + ' (' +
        f.got_hex + '), want ' + f.want + ' (' + f.want_hex + ')';
}

function checkSection(check) {
    if (!check) return;
    const reached = check.departures.length
        ? [explained('Bits differ on purpose: ' + check.departures.join(', ') + '.')] : [];
    section({id: 'check', title: 'Check against ' + check.against, inContents: 'Check'}, element('p', {}, verdict(check)), reached,
        table({id: 'tensors', title: 'Tensors, in the order of the network', rows: check.tensors, columns: [
            {key: 'name', title: 'Tensor', of: (t) => t.name, text: true},
            {key: 'elements', title: 'Elements', of: (t) => t.elements, show: (t) => grouped(t.elements)},
            {key: 'mismatches', title: 'Differ', of: (t) => t.mismatches, show: (t) => t.mismatches
                ? element('span', {class: 'differs'}, grouped(t.mismatches)) : '0'},
            {key: 'max_ulp', title: 'Most ulp or LSB', of: (t) => t.max_ulp, show: (t) => grouped(t.max_ulp)},
            {key: 'max_abs', title: 'Most absolute', of: (t) => t.max_abs, show: (t) => threeDigits(t.max_abs)},
            {key: 'sqnr_db', title: 'SQNR', of: (t) => t.sqnr_db, show: (t) => decibels(t.sqnr_db, false)},
            {key: 'first', title: 'First difference', of: (t) => t.first ? firstDifference(t) : null,
             text: true, long: check.mismatches > 0},
        ]}));
}

function showReport(report) {
    const p = report.provenance;
    head('mambasic report', p.chip + ' · ' + p.scheme + ' · ' + p.trace,
        [verdict(report.check), ...p.overrides.map((set) => badge('', '--set ' + set))], p.command);
    section({id: 'summary', title: 'In short'}, headline(report), notes(report.notes));
    section({id: 'time', title: 'Where the cycles go', inContents: 'Cycles'}, element('div', {class: 'charts'}, blockTimeChart(report)),
        blockTable(report), opTable(report),
        explained('Operations overlap, so their cycles do not add up to the run\'s.'), countTable(report));
    section({id: 'cost', title: 'Energy and area'}, element('div', {class: 'charts'}, energyAndAreaCharts(report)));
    section({id: 'roofline', title: 'What bounds each operation', inContents: 'Roofline'}, element('div', {class: 'charts'}, rooflineChart(report)));
    section({id: 'dram', title: 'DRAM'}, element('div', {class: 'charts'}, dramCharts(report)), dramTable(report));
    section({id: 'by-layer', title: 'Layers'}, element('div', {class: 'charts'}, layerChart(report)), layerTable(report));
    lookupSection(report.lookup);
    qualitySection(report);
    checkSection(report.check);
    section({id: 'setup', title: 'Configuration and provenance', inContents: 'Set-up'}, provenanceTable(p),
        settingsTable('scheme-keys', 'Scheme ' + p.scheme, report.configuration.scheme),
        folded('All ' + report.configuration.chip.length + ' keys of chip ' + p.chip,
            explained('mambasic explain KEY tells what a key means and where its value comes from.'),
            settingsTable('chip-keys', 'Chip ' + p.chip, report.configuration.chip)));
    foot(p, 'report.json');
}

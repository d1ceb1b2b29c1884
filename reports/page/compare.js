// The page of a comparison: compare.json, section by section.

function agreement(check) {
    if (check.mismatches === null) return 'not checked';
    if (check.mismatches === 0) return 'equal';
    return element('span', {class: 'differs'}, grouped(check.mismatches) + ' differ' +
        (check.departures.length ? ' on purpose' : ''));
}

function costTable(schemes) {
    const change = (key, title) => ({key: 'change.' + key, title, of: (row) => row.change[key],
        show: (row) => signedPercent(row.change[key])});
    return table({id: 'schemes', title: 'Schemes', rows: schemes, columns: [
        {key: 'scheme', title: 'Scheme', of: (row) => row.scheme, text: true},
        {key: 'check.mismatches', title: 'Check', of: (row) => row.check.mismatches,
         show: (row) => agreement(row.check)},
        {key: 'cycles', title: 'Cycles', of: (row) => row.cycles, show: (row) => grouped(row.cycles)},
        change('cycles_percent', 'Change'),
        ...bandColumns('energy_pj', 'Energy', (row) => row.energy_pj, energy, energyRange),
        change('energy_percent', 'Change'),
        ...areaColumns('area_mm2', 'Area', schemes, (row) => row.area_mm2),
        change('area_percent', 'Change'),
        {key: 'dram_bytes', title: 'DRAM', of: (row) => row.dram_bytes, show: (row) => bytes(row.dram_bytes)},
        {key: 'scales', title: 'Scales', of: (row) => row.scales, text: true},
        {key: 'observer', title: 'Observer', of: (row) => row.observer, text: true},
        {key: 'lookup', title: 'Lookup', of: (row) => row.lookup, text: true},
    ]});
}

function lookupTable(schemes) {
    const counted = (key, title) => ({key, title, of: (row) => row[key], show: (row) => grouped(row[key])});
    const sized = (key, title) => ({key, title, of: (row) => row[key], show: (row) => bytes(row[key])});
    return table({id: 'lookups', title: 'Scale lookup', rows: schemes, columns: [
        {key: 'scheme', title: 'Scheme', of: (row) => row.scheme, text: true},
        {key: 'lookup', title: 'Kind', of: (row) => row.lookup, text: true},
        counted('lookups', 'Lookups'), counted('lookup_cycles', 'Cycles'),
        counted('exposed_lookup_cycles', 'Exposed'),
        ...bandColumns('lookup_energy_pj', 'Energy', (row) => row.lookup_energy_pj, energy, energyRange),
        ...areaColumns('table_area_mm2', 'Table area', schemes, (row) => row.table_area_mm2),
        ...areaColumns('lookup_logic_area_mm2', 'Logic area', schemes, (row) => row.lookup_logic_area_mm2),
        sized('table_bytes', 'Tables'), sized('table_dram_read_bytes', 'Tables read of DRAM'),
        sized('conv_to_ssm_dram_bytes', 'Conv to SSM, DRAM'),
    ]});
}

function accuracyTable(schemes) {
    const sqnr = (key, title, of, exact) => ({key, title, of: (row) => of(row),
        show: (row) => decibels(of(row), exact(row))});
    const share = (key, title) => ({key: 'x.' + key, title, of: (row) => row.x[key],
        show: (row) => percent(row.x[key], row.x.elements)});
    const shown = (value, how) => value === null ? '-' : how(value);
    return table({id: 'accuracy-table', title: 'Accuracy against an FP32 SSM input', rows: schemes, columns: [
        {key: 'scheme', title: 'Scheme', of: (row) => row.scheme, text: true},
        sqnr('ssm_input_sqnr_db', 'SSM input', (row) => row.ssm_input_sqnr_db, (row) => row.ssm_input_noiseless),
        sqnr('layer_output_sqnr_db', 'Layer output', (row) => row.layer_output_sqnr_db,
            (row) => row.layer_output_noiseless),
        sqnr('network.sqnr_db', 'Network', (row) => row.network.sqnr_db, (row) => row.network.noiseless),
        {key: 'network.cosine', title: 'Cosine', of: (row) => row.network.cosine,
         show: (row) => shown(row.network.cosine, (value) => value.toFixed(5))},
        {key: 'network.top1_agreement', title: 'Same top-1', of: (row) => row.network.top1_agreement,
         show: (row) => shown(row.network.top1_agreement, (value) => percent(value, 1))},
        {key: 'network.kl_nats', title: 'KL nats', of: (row) => row.network.kl_nats,
         show: (row) => shown(row.network.kl_nats, threeDigits)},
        share('saturated', 'x saturated'), share('flagged', 'x flagged'),
        {key: 'x.elements', of: (row) => row.x.elements, hidden: true},
    ]});
}

// A row for each key, a column for each scheme.
function schemeKeys(schemes) {
    const keys = [...new Set(schemes.flatMap((row) => row.configuration.map((setting) => setting.key)))];
    const value = (row, key) => row.configuration.find((setting) => setting.key === key)?.value ?? null;
    return table({id: 'scheme-keys', title: 'Keys of the schemes', rows: keys, columns: [
        {key: 'key', title: 'Key', of: (key) => key, text: true},
        ...schemes.map((row) => ({key: row.scheme, title: row.scheme, text: true,
            of: (key) => value(row, key)})),
    ]});
}

function refusedTable(refused) {
    return refused.length ? table({id: 'refused', title: 'Could not run', rows: refused, columns: [
        {key: 'scheme', title: 'Scheme', of: (row) => row.scheme, text: true},
        {key: 'why', title: 'Why', of: (row) => row.why, text: true, long: true},
    ]}) : null;
}

function overall(comparison) {
    const differing = comparison.schemes.filter((row) => row.check.mismatches);
    const refused = comparison.refused.length
        ? [badge('bad', comparison.refused.length + ' could not run')] : [];
    if (comparison.timing_only) return [badge('', 'timing only: bits not checked'), ...refused];
    return [differing.length ? badge('bad', '✗ ' + differing.length + ' differ from golden')
        : badge('good', '✓ all equal to golden, bit for bit'), ...refused];
}

// The best code that is not exact, by what the network makes of it.
function mostAccurate(schemes) {
    const noisy = schemes.filter((row) => row.network.sqnr_db !== null);
    if (!noisy.length) return null;
    const best = noisy.reduce((a, b) => b.network.sqnr_db > a.network.sqnr_db ? b : a);
    return ['best SQNR, if not exact', decibels(best.network.sqnr_db, false), best.scheme];
}

// The least of a figure, and who has it.
function least(schemes, name, of, show) {
    const best = schemes.reduce((a, b) => of(b) < of(a) ? b : a);
    return [name, show(of(best)), best.scheme];
}

function summary(schemes) {
    return tiles([
        ['schemes', schemes.length, 'first: ' + schemes[0].scheme],
        least(schemes, 'fewest cycles', (row) => row.cycles, grouped),
        least(schemes, 'least energy', (row) => row.energy_pj.value, energy),
        least(schemes, 'smallest area', (row) => row.area_mm2.value, area),
        least(schemes, 'least DRAM traffic', (row) => row.dram_bytes, bytes),
        mostAccurate(schemes),
    ]);
}

function showComparison(comparison) {
    const {schemes, provenance: p} = comparison;
    head('mambasic comparison', p.chip + ' · ' + p.trace,
        [...overall(comparison), ...p.overrides.map((set) => badge('', '--set ' + set))], p.command);
    const said = [...new Set(schemes.flatMap((row) => row.notes))];
    const calibrated = schemes.some((row) => row.scales === 'calibrated')
        ? [explained('Calibrated scales were made from the inputs that ran, which flatters accuracy.')] : [];
    section({id: 'summary', title: 'In short'}, summary(schemes), notes(said), costTable(schemes), calibrated,
        refusedTable(comparison.refused));
    section({id: 'cost', title: 'What each scheme costs', inContents: 'Cost'}, element('div', {class: 'charts'},
        schemes.length > 1 ? changeChart(schemes) : null, costCharts(schemes)));
    section({id: 'lookup', title: 'What finding the scales costs', inContents: 'Lookup'}, element('div', {class: 'charts'}, lookupCharts(schemes)),
        lookupTable(schemes));
    const metrics = accuracyMetrics(schemes);
    if (metrics.length) {
        section({id: 'accuracy', title: 'What the codes are worth', inContents: 'Accuracy'}, element('div', {class: 'charts'},
            paretoChart(schemes, metrics)), accuracyTable(schemes));
    }
    section({id: 'setup', title: 'Configuration and provenance', inContents: 'Set-up'}, provenanceTable(p), schemeKeys(schemes),
        folded('All ' + comparison.configuration.length + ' keys of chip ' + p.chip,
            explained('mambasic explain KEY tells what a key means and where its value comes from.'),
            settingsTable('chip-keys', 'Chip ' + p.chip, comparison.configuration)));
    foot(p, 'compare.json');
}

// What both pages show the same way.

const kTrafficKinds = ['weights', 'activations', 'tables', 'state'];

function settingsTable(id, title, settings) {
    return table({id, title, rows: settings, columns: [
        {key: 'key', title: 'Key', of: (s) => s.key, text: true},
        {key: 'value', title: 'Value', of: (s) => s.value, text: true, long: true},
        {key: 'unit', title: 'Unit', of: (s) => s.unit, text: true},
    ]});
}

function provenanceTable(provenance) {
    const rows = Object.entries(provenance).map(([key, value]) =>
        ({key, value: Array.isArray(value) ? value.join(' ') : String(value)}));
    return table({id: 'provenance', title: 'Provenance', rows, columns: [
        {key: 'key', title: 'What', of: (row) => row.key, text: true},
        {key: 'value', title: 'Value', of: (row) => row.value, text: true, long: true},
    ]});
}

function folded(summary, ...children) {
    return element('details', {}, element('summary', {}, summary), children);
}

function foot(provenance, file) {
    document.getElementById('foot').append(element('p', {},
        'mambasic ' + provenance.version + '. The figures are those of ' + file +
        ', which this page holds. It needs no network and sends nothing. Charts: Chart.js ' +
        Chart.version + ', MIT licence.'));
}

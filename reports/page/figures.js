// Figures as people read them: three digits and the unit that leaves at least 1 in front of it.

const kTime = [[1, 'ns'], [1e3, 'µs'], [1e6, 'ms'], [1e9, 's']];
const kEnergy = [[1, 'pJ'], [1e3, 'nJ'], [1e6, 'µJ'], [1e9, 'mJ'], [1e12, 'J']];
const kBytes = [[1, 'B'], [2 ** 10, 'KiB'], [2 ** 20, 'MiB'], [2 ** 30, 'GiB'], [2 ** 40, 'TiB']];
const kCounts = [[1, ''], [1e3, 'k'], [1e6, 'M'], [1e9, 'G'], [1e12, 'T']];

function grouped(value) { return Math.round(value).toLocaleString('en-US'); }

function threeDigits(value) {
    const size = Math.abs(value);
    if (size === 0) return '0';
    if (size >= 999.5) return size < 1e15 ? grouped(value) : value.toExponential(2);
    if (size < 1e-4) return value.toExponential(2);
    return Number(value.toPrecision(3)).toFixed(
        Math.max(0, 2 - Math.floor(Math.log10(size * 1.0005))));
}

// Of the largest figure that stands in a chart, so that all of it has one unit.
function fitting(size, units) {
    return units.reduce((best, unit) => Math.abs(size) >= unit[0] ? unit : best, units[0]);
}

function scaled(value, units) {
    const [factor, name] = fitting(value, units);
    return threeDigits(value / factor) + (name ? ' ' + name : '');
}

const time = (ns) => scaled(ns, kTime);
const energy = (pj) => scaled(pj, kEnergy);
const bytes = (count) => count < 1024 ? count + ' B' : scaled(count, kBytes);
const count = (value) => scaled(value, kCounts);
// Small ones in the unit of cells, so that nobody has to count zeros.
const areaUnits = (mm2) => mm2 > 0 && mm2 < 0.01 ? [[1e-6, 'µm²']] : [[1, 'mm²']];
const area = (mm2) => scaled(mm2, areaUnits(mm2));

function range(band, units) {
    const [factor, name] = fitting(band.value, units);
    return threeDigits(band.low / factor) + ' to ' + threeDigits(band.high / factor) + ' ' + name;
}
const energyRange = (band) => range(band, kEnergy);
const areaRange = (band) => range(band, areaUnits(band.value));

// For a column: the unit of its largest, so that its figures can be compared at a glance.
function areasLike(bands) {
    const units = areaUnits(Math.max(...bands.map((band) => band.value)));
    return [(mm2) => scaled(mm2, units), (band) => range(band, units)];
}

function percent(part, whole) {
    if (!whole) return '-';
    const share = 100 * part / whole;
    return share > 0 && share < 0.05 ? '<0.1 %' : share.toFixed(1) + ' %';
}

function signedPercent(value) {
    if (value === null) return 'first';
    if (Math.abs(value) < 0.005) return '0.00 %';  // a zero has no sign
    return (value > 0 ? '+' : '') + value.toFixed(2) + ' %';
}

// "no figure because there is no noise" and "no figure at all" are two things.
function decibels(value, noiseless) {
    if (value === null) return noiseless ? 'exact' : '-';
    return value.toFixed(2) + ' dB';
}

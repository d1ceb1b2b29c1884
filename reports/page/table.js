// Tables that sort by any column, by click or key, and copy themselves as CSV in the order shown.
//
// A column: key (its name in the CSV), title, of(row): the figure or text that is sorted and copied,
// show(row): what is seen instead; `hidden` columns are only copied, `notCopied` ones only seen. Long
// tables begin with a part.

const kRowsAtFirst = 120;

// As RFC 4180 has it.
function csvCell(value) {
    if (value === null || value === undefined) return '';
    const text = String(value);
    return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
}

function csvOf(columns, rows) {
    columns = columns.filter((column) => !column.notCopied);
    const lines = [columns.map((column) => csvCell(column.key)).join(',')];
    for (const row of rows) lines.push(columns.map((column) => csvCell(column.of(row))).join(','));
    return lines.join('\n') + '\n';
}

// The clipboard of a page that was opened as a file is not there in every browser.
async function copy(text) {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch (refused) {
        const area = element('textarea', {class: 'unseen'});
        area.value = text;
        document.body.append(area);
        area.select();
        const done = document.execCommand('copy');
        area.remove();
        return done;
    }
}

// Absent figures come last in either direction.
function compareCells(a, b, direction) {
    if (a === null || b === null) return (a === null) - (b === null);
    const order = typeof a === 'number' && typeof b === 'number' ? a - b
        : String(a).localeCompare(String(b), 'en', {numeric: true});
    return direction * order;
}

function cellOf(column, row, index) {
    const shown = column.show ? column.show(row) : column.of(row);
    const kind = [column.text ? 'text' : '', column.long ? 'long' : ''].join(' ').trim();
    const attributes = {class: kind || null, scope: index === 0 ? 'row' : null};
    return element(index === 0 ? 'th' : 'td', attributes, shown === null ? '-' : shown);
}

function table({id, title, columns, rows}) {
    const seen = columns.filter((column) => !column.hidden);
    let order = rows.slice();
    let limit = kRowsAtFirst;
    const body = element('tbody');
    const more = element('div', {class: 'more'});
    const fill = () => {
        body.replaceChildren(...order.slice(0, limit).map((row) =>
            element('tr', {}, seen.map((column, index) => cellOf(column, row, index)))));
        more.hidden = order.length <= limit;
        more.replaceChildren(limit + ' of ' + grouped(order.length) + ' rows are shown; the CSV has all. ',
            element('button', {type: 'button', onclick: () => { limit = order.length; fill(); }},
                'Show all'));
    };
    const headers = seen.map((column) => element('th', {scope: 'col', class: column.text ? 'text' : null}));
    const sortBy = (index) => {
        const header = headers[index];
        const was = header.getAttribute('aria-sort');
        // Of figures the large ones are what one looks for.
        const first = seen[index].text ? 'ascending' : 'descending';
        const other = first === 'ascending' ? 'descending' : 'ascending';
        const now = was === first ? other : first;
        headers.forEach((each) => each.removeAttribute('aria-sort'));
        header.setAttribute('aria-sort', now);
        const direction = now === 'ascending' ? 1 : -1;
        order = rows.slice().sort((a, b) =>
            compareCells(seen[index].of(a), seen[index].of(b), direction));
        fill();
        announce(title + ', sorted by ' + seen[index].title + ', ' + now);
    };
    headers.forEach((header, index) => header.append(
        element('button', {type: 'button', onclick: () => sortBy(index)}, seen[index].title)));
    const button = element('button', {type: 'button', class: 'copy', onclick: async () => {
        const done = await copy(csvOf(columns, order));
        button.textContent = done ? 'Copied' : 'The browser refused';
        announce(button.textContent);
        setTimeout(() => { button.textContent = 'Copy as CSV'; }, 1500);
    }}, 'Copy as CSV');
    fill();
    const sideways = element('span', {class: 'sideways', hidden: ''}, 'wider than the page: scroll it sideways →');
    const box = element('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': title},
        element('table', {}, element('thead', {}, element('tr', {}, headers)), body));
    const made = element('div', {class: 'table', id},
        element('div', {class: 'bar'}, element('h3', {}, title), sideways, button), box, more);
    const watch = new ResizeObserver(() => {
        sideways.hidden = box.scrollWidth <= box.clientWidth;
        made.classList.toggle('wide', !sideways.hidden);
    });
    watch.observe(box);
    watch.observe(box.firstChild);
    return made;
}

// A figure with its band: one column to see, three to copy.
function bandColumns(key, title, of, show, showRange) {
    return [
        {key, title, of: (row) => of(row).value, show: (row) => show(of(row).value)},
        {key: key + '.range', title: 'low to high', of: (row) => of(row).high - of(row).low,
         show: (row) => showRange(of(row)), notCopied: true},
        {key: key + '.low', of: (row) => of(row).low, hidden: true},
        {key: key + '.high', of: (row) => of(row).high, hidden: true},
    ];
}

// The same of areas, all rows in one unit.
function areaColumns(key, title, rows, of) {
    return bandColumns(key, title, of, ...areasLike(rows.map(of)));
}

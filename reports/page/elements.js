// Pieces of the document. Text is always set as text, so no name in the data can become markup.

function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
        if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
        else if (value !== null && value !== false) made.setAttribute(name, value);
    }
    made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
    return made;
}

const main = document.getElementById('main');
const contents = document.getElementById('contents');

// A part of the page, with its place in the contents.
function section({id, title, inContents}, ...children) {
    contents.append(element('a', {href: '#' + id}, inContents ?? title));
    main.append(element('section', {'aria-labelledby': id}, element('h2', {id}, title), children));
}

function explained(text) { return element('p', {class: 'quiet'}, text); }

function notes(list) {
    return list.map((text) => element('p', {class: 'note'}, text));
}

// Headline figures, in one row or two full ones.
function tiles(list) {
    const all = list.filter(Boolean).map(([name, value, more]) =>
        element('div', {class: 'tile'}, element('dt', {}, name), element('dd', {}, value),
            more ? element('dd', {}, more) : null));
    const grid = element('dl', {class: 'tiles'}, all);
    grid.style.setProperty('--columns', all.length <= 6 ? all.length : Math.ceil(all.length / 2));
    return grid;
}

function badge(kind, text) { return element('span', {class: 'badge ' + kind}, text); }

function head(kind, title, badges, command) {
    document.title = title + ' · ' + kind;
    document.getElementById('head').append(
        element('h1', {}, element('small', {}, kind), title), element('div', {}, badges),
        element('code', {class: 'command'}, command));
}

// Read out by screen readers.
function announce(text) { document.getElementById('announcer').textContent = text; }

"""The pages of reports in headless Chromium: page_test.py MAMBASIC SAMPLES [PageTest.test_..].

Everything is looked at as a reader would meet it: pixels of charts, text of tables, the clipboard,
the console, what was fetched. What the figures must be is taken from the JSON files.
"""

import csv
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import browser

kSkipped = 77  # to ctest
kMostBytes = 400 * 1024
kSchemes = "quamba1,quamba2,quamba2-direct,int5,fp32-ssm-input"
kEvilName = "a\"b'<img src=x onerror=alert(1)><script>.safetensors"


def mambasic(program, *words, status=0):
    done = subprocess.run([program, *words], capture_output=True, text=True)
    if done.returncode != status:
        raise RuntimeError("mambasic %s: %d\n%s" % (" ".join(words), done.returncode, done.stderr))


def make_pages(program, samples, folder):
    """Pages of every kind; their folders by name."""
    def out(name):
        return ("--out", str(folder / name))
    long_trace = str(folder / "long.safetensors")
    evil_trace = str(folder / kEvilName)
    prefill = str(samples.resolve() / "tiny2-prefill.safetensors")
    decode = str(samples / "tiny-decode.safetensors")
    mambasic(program, "check", "--trace", prefill, "--quality", *out("equal"))
    mambasic(program, "check", "--trace", decode, "--set", "nonlinear.exp.kind=table", *out("differing"),
             status=1)
    mambasic(program, "trace", "synth", "--model", "mamba2-2.7b", "--phase", "decode", "--tokens", "1",
             "--layers", "64", "--shapes-only", "--out", long_trace)
    mambasic(program, "run", "server-128x128", "--trace", long_trace, "--timing-only", "--quiet", "--set",
             "dram.model=stream", *out("long"))
    os.symlink(prefill, evil_trace)
    mambasic(program, "run", "tiny", "--trace", evil_trace, "--timing-only", "--quiet", *out("evil"))
    mambasic(program, "compare", "tiny", "--trace", prefill, "--schemes", kSchemes, *out("compare"))
    mambasic(program, "compare", "tiny", "--trace", prefill, "--schemes", "quamba1,quamba2",
             "--timing-only", *out("compare-timing"))


# Every table in sight: whether its box scrolls, whether it says so, and how far the first column moves
# when it does.
kBoxes = """new Promise((done) => setTimeout(() => done([...document.querySelectorAll('.table')].map((table) => {
    const box = table.querySelector('.scroll');
    const wide = box.scrollWidth > box.clientWidth;
    const cell = table.querySelector('tbody tr').firstChild;
    const before = cell.getBoundingClientRect().left;
    box.scrollLeft = 300;
    return {id: table.id, wide, hinted: table.querySelector('.sideways').offsetWidth > 0,
            moved: cell.getBoundingClientRect().left - before};
})), 200))"""


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kept = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.kept.name)
        make_pages(sys.argv[1], pathlib.Path(sys.argv[2]), cls.folder)
        cls.browser = browser.Browser(str(cls.folder / "profile"))

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.kept.cleanup()

    def setUp(self):
        self.browser.size(1280, 900)
        self.browser.media("light")

    def pages(self):
        return sorted(self.folder.glob("*/*.html"))

    def show(self, name):
        """Opens a page; the JSON beside it."""
        page = next((self.folder / name).glob("*.html"))
        self.browser.open(page.as_uri())
        return json.loads(page.with_suffix(".json").read_text())

    def texts(self, selector):
        return self.browser.run(
            "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", selector)

    def copied(self, table):
        """The CSV that the table's button leaves in the clipboard, as rows by column."""
        self.browser.devtools("Browser.grantPermissions", permissions=["clipboardReadWrite"])
        self.browser.click("#%s button.copy" % table)
        text = self.browser.wait("navigator.clipboard.readText()")
        return list(csv.DictReader(io.StringIO(text)))

    # Canvas by canvas: its name and how many colours it shows.
    def colours(self):
        return self.browser.run("""
            return [...document.querySelectorAll('canvas')].map((canvas) => {
                const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
                return [canvas.id, new Set(new Uint32Array(data.buffer)).size, canvas.width, canvas.height];
            });""")

    def test_every_chart_draws(self):
        wanted = {"equal": 10, "differing": 9, "long": 8, "evil": 9, "compare": 10, "compare-timing": 9}
        for name, charts in wanted.items():
            with self.subTest(name):
                self.show(name)
                shown = self.colours()
                self.assertEqual(len(shown), charts)
                for chart, colours, width, height in shown:
                    self.assertGreater(colours, 4, chart)
                    self.assertGreater(min(width, height), 100, chart)

    def test_charts_show_their_own_figures(self):
        report = self.show("equal")
        bars = self.browser.run("return Chart.getChart('chart-energy').data")
        blocks = sorted(report["blocks"], key=lambda block: -block["energy_pj"]["value"])
        self.assertEqual(bars["labels"], [block["name"] for block in blocks])
        band, value = bars["datasets"]
        for block, (low, high), middle in zip(blocks, band["data"], value["data"]):
            energy = block["energy_pj"]  # the axis is in uJ
            for shown, exact in ((low, energy["low"]), (middle, energy["value"]), (high, energy["high"])):
                self.assertAlmostEqual(shown * 1e6, exact, delta=1e-9 * exact)
        points = self.browser.run("""return Chart.getChart('chart-roofline').data.datasets.flatMap(
            (set) => set.data.filter((point) => point.name).map(({name, x, y}) => [name, x, y]))""")
        found = {name: (x, y) for name, x, y in points}
        for op in report["ops"]:
            if op["operations"] == 0:
                self.assertNotIn(op["name"], found)
                continue
            x, y = found[op["name"]]
            self.assertAlmostEqual(y * op["cycles"], op["operations"], delta=1e-6 * op["operations"])
            traffic = op["dram_read_bytes"] + op["dram_written_bytes"]
            if traffic:
                self.assertAlmostEqual(x * traffic, op["operations"], delta=1e-6 * op["operations"])

    def test_the_console_stays_empty_and_nothing_is_fetched(self):
        for page in self.pages():
            with self.subTest(page.parent.name):
                self.browser.log("performance")
                self.browser.open(page.as_uri())
                self.assertEqual(self.browser.log("browser"), [])
                fetched = []
                for entry in self.browser.log("performance"):
                    message = json.loads(entry["message"])["message"]
                    if message["method"] == "Network.requestWillBeSent":
                        fetched.append(message["params"]["request"]["url"])
                self.assertEqual(fetched, [page.as_uri()])

    def test_the_policy_stops_what_would_leave(self):
        self.show("equal")
        self.browser.run("const image = new Image(); image.src = 'http://127.0.0.1:9/x'; document.body.append(image)")
        self.browser.wait("fetch('http://127.0.0.1:9/y').catch(() => 0)")
        said = [entry["message"] for entry in self.browser.log("browser")]
        for directive in ("img-src", "connect-src"):
            self.assertTrue(any(directive in line and "Content Security Policy" in line for line in said), said)

    def test_pages_hold_the_json_and_are_small(self):
        for page in self.pages():
            with self.subTest(page.parent.name):
                self.browser.open(page.as_uri())
                held = self.browser.run("return document.getElementById('data').textContent")
                self.assertEqual(json.loads(held), json.loads(page.with_suffix(".json").read_text()))
                self.assertLess(page.stat().st_size, kMostBytes)

    def test_headline_figures(self):
        totals = self.show("equal")["totals"]
        tiles = dict(zip(self.texts(".tile dt"), self.texts(".tile dd:nth-of-type(2)")))
        values = dict(zip(self.texts(".tile dt"), self.texts(".tile dd:nth-of-type(1)")))
        self.assertEqual(tiles["time"], "{:,} cycles".format(totals["cycles"]))
        self.assertEqual(tiles["DRAM read"], "{:,} B".format(totals["dram_read_bytes"]))
        self.assertEqual(values["energy"], "{:.1f} µJ".format(totals["energy_pj"]["value"] / 1e6))
        self.assertEqual(tiles["energy"], "{:.1f} to {:.1f} µJ".format(
            totals["energy_pj"]["low"] / 1e6, totals["energy_pj"]["high"] / 1e6))
        self.assertEqual(values["area"], "{:.2f} mm²".format(totals["area_mm2"]["value"]))

    def test_tables_copy_every_figure(self):
        report = self.show("equal")
        for table, rows in (("ops", report["ops"]), ("blocks", report["blocks"]), ("layers", report["layers"])):
            copied_rows = self.copied(table)
            self.assertEqual(len(copied_rows), len(rows))
            for copied, row in zip(copied_rows, rows):
                self.assertGreater(len(copied), 5)
                for column, text in copied.items():
                    key, _, part = column.partition(".")
                    want = row[key] if not isinstance(row[key], dict) else row[key][part or "value"]
                    self.assertEqual(text if isinstance(want, str) else float(text), want, column)
        comparison = self.show("compare")
        for table in ("schemes", "lookups", "accuracy-table"):
            copied_rows = self.copied(table)
            self.assertEqual(len(copied_rows), len(comparison["schemes"]))
            for copied, row in zip(copied_rows, comparison["schemes"]):
                self.assertGreater(len(copied), 5)
                for column, text in copied.items():
                    want = row
                    for key in column.split("."):
                        want = want[key]
                    want = want["value"] if isinstance(want, dict) else want
                    if want is None:
                        self.assertEqual(text, "", column)
                    else:
                        self.assertEqual(text if isinstance(want, str) else float(text), want, column)

    def test_the_configuration_is_whole(self):
        report = self.show("equal")
        self.browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        for table, settings in (("chip-keys", "chip"), ("scheme-keys", "scheme")):
            self.assertEqual(self.copied(table), report["configuration"][settings])
        self.assertGreater(len(report["configuration"]["chip"]), 200)
        rows = {row["key"]: row["value"] for row in report["configuration"]["chip"]}
        self.assertEqual(rows["gemm.rows"], "32")

    def test_sorting_by_click_and_key(self):
        report = self.show("equal")
        column = "#ops tbody tr > :first-child"
        self.assertEqual(self.texts(column), [op["name"] for op in report["ops"]])
        by_cycles = sorted(report["ops"], key=lambda op: -op["cycles"])
        self.browser.click("#ops thead th:nth-child(4) button")
        self.assertEqual(self.texts(column), [op["name"] for op in by_cycles])
        self.assertEqual(self.browser.run(
            "return document.querySelector('#ops th[aria-sort]').getAttribute('aria-sort')"), "descending")
        self.assertEqual([float(row["cycles"]) for row in self.copied("ops")],
                         [op["cycles"] for op in by_cycles])
        self.browser.run("document.querySelector('#ops thead th:nth-child(1) button').focus()")
        self.browser.press(["\ue007"])  # enter
        self.assertEqual(self.texts(column), sorted(op["name"] for op in report["ops"]))
        self.browser.press([" "])
        self.assertEqual(self.texts(column), sorted((op["name"] for op in report["ops"]), reverse=True))

    def test_absent_figures_sort_last(self):
        self.show("compare")
        for _ in range(2):
            self.browser.click("#accuracy-table thead th:nth-child(2) button")
            self.assertEqual(self.texts("#accuracy-table tbody tr:last-child > *")[:2],
                             ["fp32-ssm-input", "exact"])

    def test_first_differences_are_told(self):
        report = self.show("differing")
        first = {t["name"]: t["first"] for t in report["check"]["tensors"] if t["first"]}
        self.assertTrue(first)
        rows = dict(zip(self.texts("#tensors tbody tr > :first-child"), self.texts("#tensors tbody tr > :last-child")))
        for name, difference in first.items():
            for part in ("got", "want", "got_hex", "want_hex"):
                self.assertIn(difference[part], rows[name])
        self.assertIn("✗", self.texts("header .badge")[0])
        self.show("equal")
        self.assertIn("✓", self.texts("header .badge")[0])

    def test_long_tables_begin_with_a_part(self):
        keys = len(self.show("equal")["configuration"]["chip"])
        self.browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        self.assertEqual(len(self.texts("#chip-keys tbody tr")), 120)
        self.assertIn("120 of %d rows" % keys, self.texts("#chip-keys .more")[0])
        self.assertEqual(len(self.copied("chip-keys")), keys)
        self.browser.click("#chip-keys .more button")
        self.assertEqual(len(self.texts("#chip-keys tbody tr")), keys)
        self.assertEqual(len(self.show("long")["layers"]), 64)
        self.assertEqual(len(self.texts("#layers tbody tr")), 64)

    def test_names_are_only_text(self):
        self.show("evil")
        self.assertIn(kEvilName, self.texts("h1")[0])
        self.assertEqual(self.browser.run("return document.images.length"), 0)

    def test_a_phone_shows_it_without_scrolling_sideways(self):
        for width in (390, 320):
            self.browser.size(width, 800, phone=True)
            for page in self.pages():
                with self.subTest(page.parent.name, width=width):
                    self.browser.open(page.as_uri())
                    self.assertEqual(self.browser.run("return document.documentElement.scrollWidth"), width)
                    for chart, colours, _, _ in self.colours():
                        self.assertGreater(colours, 4, chart)

    def test_wide_tables_scroll_in_their_box_and_keep_their_names(self):
        scrolled = 0
        for width in (1200, 800):
            self.browser.size(width, 800)
            for page in self.pages():
                self.browser.open(page.as_uri())
                self.browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
                self.assertEqual(*self.browser.run(
                    "const d = document.documentElement; return [d.scrollWidth, d.clientWidth]"))
                for table in self.browser.wait(kBoxes):
                    with self.subTest(page.parent.name, width=width, table=table["id"]):
                        self.assertEqual(table["hinted"], table["wide"])
                        self.assertLess(abs(table["moved"]), 2)
                        scrolled += table["wide"]
        self.assertGreater(scrolled, 4)

    def test_a_column_of_areas_has_one_unit(self):
        seen = set()
        for name, table in (("equal", "blocks"), ("compare", "schemes"), ("compare", "lookups")):
            self.show(name)
            columns = self.browser.run("""
                const rows = [...document.querySelectorAll('#' + arguments[0] + ' tbody tr')];
                return [...rows[0].children].map((_, i) => rows.map((row) => row.children[i].textContent));""", table)
            areas = [column for column in columns if any("mm²" in text or "µm²" in text for text in column)]
            self.assertGreater(len(areas), 1)
            for column in areas:
                units = {text.rsplit(" ", 1)[1] for text in column}
                self.assertEqual(len(units), 1, column)
                seen |= units
        self.assertEqual(seen, {"mm²", "µm²"})

    def brightness(self):
        return self.browser.run("""
            const of = (part) => getComputedStyle(document.body)[part].match(/\\d+/g).slice(0, 3)
                .reduce((sum, c) => sum + Number(c), 0);
            return [of('backgroundColor'), of('color')];""")

    def test_the_dark_scheme_turns_everything_over(self):
        for name in ("equal", "compare"):
            self.browser.media("light")
            self.show(name)
            paper, ink = self.brightness()
            self.assertGreater(paper, ink + 400)
            pictures = "return [...document.querySelectorAll('canvas')].map((c) => c.toDataURL())"
            light = self.browser.run(pictures)
            self.browser.media("dark")  # while it is open
            paper, ink = self.brightness()
            self.assertGreater(ink, paper + 400)
            for before, after in zip(light, self.browser.run(pictures)):
                self.assertTrue(before != after)  # said without the pictures

    def test_charts_answer_to_arrow_keys_and_picks(self):
        self.show("compare")
        self.browser.run("document.getElementById('chart-pareto').focus()")
        self.browser.press(["\ue014"])  # right
        said = self.texts("#announcer")[0]
        self.assertTrue(any(scheme in said for scheme in kSchemes.split(",")), said)
        picture = "return document.getElementById('chart-pareto').toDataURL()"
        before = self.browser.run(picture)
        self.browser.run("""const pick = document.querySelectorAll('.picks select')[1];
            pick.value = 1; pick.dispatchEvent(new Event('change'));""")
        self.assertTrue(before != self.browser.run(picture))

    def test_the_pareto_line_holds_who_is_not_beaten(self):
        schemes = self.show("compare")["schemes"]
        self.browser.run("""const pick = document.querySelectorAll('.picks select')[2];
            pick.value = 1; pick.dispatchEvent(new Event('change'));""")
        line = self.browser.run("return Chart.getChart('chart-pareto').data.datasets[2].data.map((p) => p.name)")
        coded = [row for row in schemes if not row["ssm_input_noiseless"]]

        def beats(a, b):
            costs = (a["energy_pj"]["value"], b["energy_pj"]["value"])
            worths = (a["network"]["sqnr_db"], b["network"]["sqnr_db"])
            return costs[0] <= costs[1] and worths[0] >= worths[1] and (costs[0] < costs[1] or worths[0] > worths[1])
        unbeaten = [row for row in coded if not any(beats(other, row) for other in coded)]
        self.assertEqual(set(line), {row["scheme"] for row in unbeaten})
        self.assertGreater(len(line), 1)

    def test_it_prints(self):
        self.browser.media("dark")
        for name in ("equal", "compare"):
            self.show(name)
            pdf = self.browser.devtools("Page.printToPDF", printBackground=True)["data"]
            self.assertTrue(pdf.startswith("JVBERi"))  # "%PDF" in base 64
            self.assertGreater(len(pdf), 50000)
            self.assertEqual(self.browser.log("browser"), [])
            for chart, colours, _, _ in self.colours():
                self.assertGreater(colours, 4, chart)
    def test_paper_is_light_and_narrow(self):
        self.browser.media("dark")
        self.show("equal")
        widths = "return [...document.querySelectorAll('canvas')].map((c) => c.width)"
        on_screen = self.browser.run(widths)
        self.browser.run("dispatchEvent(new Event('beforeprint'))")
        paper, ink = self.brightness()
        self.assertGreater(paper, ink + 400)
        self.assertLess(max(self.browser.run(widths)), 680)
        self.browser.run("dispatchEvent(new Event('afterprint'))")
        paper, ink = self.brightness()
        self.assertGreater(ink, paper + 400)
        self.assertEqual(self.browser.run(widths), on_screen)
        self.browser.media("light", "print")
        self.assertEqual(self.browser.run("return getComputedStyle(document.querySelector('nav')).display"), "none")


if __name__ == "__main__":
    if browser.missing():
        print("skipped: no %s here; ./setup.sh ci installs it" % " and no ".join(browser.missing()))
        sys.exit(kSkipped)
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)

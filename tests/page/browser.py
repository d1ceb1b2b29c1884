"""Headless Chromium by chromedriver's HTTP interface: what the tests of the page need of it."""

import json
import shutil
import subprocess
import urllib.error
import urllib.request

kElement = "element-6066-11e4-a52e-4f735466cecf"  # the name that WebDriver gives an element's id
kWaitSeconds = 60


def missing():
    """The names of the programs that are not there."""
    return [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]


class Browser:
    def __init__(self, profile):
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.base = "http://127.0.0.1:%d" % self._port()
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                            "--user-data-dir=" + profile, "--window-size=1280,900"]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options,
                  "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        made = self._send("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.base += "/session/" + made["sessionId"]

    def _port(self):
        for line in self.driver.stdout:
            words = line.split()
            if "successfully" in line:
                return int(words[-1].rstrip("."))
        raise RuntimeError("chromedriver did not start")

    def _send(self, method, path, body=None):
        request = urllib.request.Request(
            self.base + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=kWaitSeconds) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def close(self):
        try:
            self._send("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.driver.stdout.close()

    def open(self, url):
        self._send("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self._send("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, promise):
        """What a promise gives."""
        return self._send("POST", "/execute/async", {
            "script": promise + ".then(arguments[arguments.length - 1])", "args": []})

    def log(self, kind):
        """What was logged since the last call: "browser" is the console, "performance" has requests."""
        return self._send("POST", "/se/log", {"type": kind})

    def devtools(self, command, **parameters):
        return self._send("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def find(self, selector):
        return self._send("POST", "/element", {"using": "css selector", "value": selector})[kElement]

    def click(self, selector):
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)
        self._send("POST", "/element/%s/click" % self.find(selector), {})

    def press(self, keys):
        """Keys, one after the other, to what has the focus."""
        strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._send("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": strokes}]})

    def size(self, width, height, phone=False):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=phone)

    def media(self, scheme="light", medium=""):
        self.devtools("Emulation.setEmulatedMedia", media=medium,
                      features=[{"name": "prefers-color-scheme", "value": scheme}])

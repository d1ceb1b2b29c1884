// Shows what the page holds.
const data = JSON.parse(document.getElementById('data').textContent);
applyTheme();
if (data.schemes) showComparison(data);
else showReport(data);
drawAll();
followTheme();

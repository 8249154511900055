// How long the window stays open goes on by itself, once a minute.

const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
const told = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });

function tick() {
  for (const time of document.querySelectorAll("time[data-until]")) {
    const left = (new Date(time.dateTime) - Date.now()) / 1000;
    const [unit, seconds] = units.find(([, length]) => Math.abs(left) >= length) ?? ["minute", 60];
    time.textContent = told.format(Math.trunc(left / seconds), unit);
  }
}

tick();
setInterval(tick, 60_000);

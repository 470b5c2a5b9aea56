// Runs before the first paint, so that a dark room stays dark. The app keeps it up to date afterwards.
const stored = localStorage.getItem("rookery.theme");
const system = matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.classList.toggle("dark", stored === "dark" || (stored !== "light" && system));

const dates = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const clocks = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const ago = new Intl.RelativeTimeFormat(undefined, { numeric: "always" });
const counts = new Intl.NumberFormat(undefined);

export const formatDate = (at: string): string => dates.format(new Date(at));
export const formatMoment = (at: string): string => moments.format(new Date(at));
export const formatClock = (at: string): string => clocks.format(new Date(at));
export const formatCount = (count: number): string => counts.format(count);

/** "1 passage", "2 passages" */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** "36 %"; a share that is too small to count is "< 1 %", not nothing */
export function formatShare(share: number): string {
  return share > 0 && share < 0.01 ? "< 1 %" : `${Math.round(share * 100)} %`;
}

/** "0.4 s", "12 s", "3 min 05 s", "2 h 10 min" */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) {
    return `${Math.max(seconds, 0).toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  if (whole < 3600) {
    const rest = whole % 60 === 0 ? "" : ` ${String(whole % 60).padStart(2, "0")} s`;
    return `${Math.floor(whole / 60)} min${rest}`;
  }
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** "812 B", "4.1 kB", "2.3 MB" */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  const power = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** "Today", "Yesterday", or the date */
export function formatDay(at: string, now: Date = new Date()): string {
  const day = new Date(at).toDateString();
  if (day === now.toDateString()) {
    return "Today";
  }
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  return day === yesterday.toDateString() ? "Yesterday" : formatDate(at);
}

const SPANS = [
  { unit: "day", seconds: 86_400 },
  { unit: "hour", seconds: 3_600 },
  { unit: "minute", seconds: 60 },
] as const;

/** "just now", "5 minutes ago", "in 2 days"; the date when it is more than 30 days away */
export function formatRelative(at: string, now: number = Date.now()): string {
  const seconds = (Date.parse(at) - now) / 1000;
  const span = SPANS.find((candidate) => Math.abs(seconds) >= candidate.seconds);
  if (!span) {
    return "just now";
  }
  const count = Math.trunc(seconds / span.seconds);
  return span.unit === "day" && Math.abs(count) > 30 ? formatDate(at) : ago.format(count, span.unit);
}

/** The readable part of a source's address: a file's name, or host and path. */
export function formatUrl(url: string): string {
  if (url.startsWith("file://")) {
    return decoded(url.slice("file://".length));
  }
  return url.replace(/^https?:\/\/(www\.)?/, "").replace(/\/$/, "");
}

/** "extractive" is no model: it answers with verbatim sentences. */
export function formatModel(model: string): string {
  return model === "extractive" ? "Extractive (no model)" : model;
}

/** The text without percent signs, or as it is when they mean nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

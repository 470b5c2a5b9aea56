import { formatDate } from "@/lib/format";

/** Which memories are shown. What is empty does not narrow. `since` and `until` are days, both included. */
export interface MemoryFilter {
  query: string;
  namespace: string;
  tags: string[];
  since: string;
  until: string;
  source: string;
}

const NAMES = {
  query: "q",
  namespace: "namespace",
  since: "since",
  until: "until",
  source: "source",
} as const;

/** Return the filter that the page's address holds. */
export function filterOf(address: URLSearchParams): MemoryFilter {
  return {
    query: address.get(NAMES.query)?.trim() ?? "",
    namespace: address.get(NAMES.namespace) ?? "",
    tags: [...new Set(address.getAll("tag").filter(Boolean))],
    since: dayOf(address.get(NAMES.since)),
    until: dayOf(address.get(NAMES.until)),
    source: address.get(NAMES.source)?.trim() ?? "",
  };
}

/** Return what the page's address holds for a filter. */
export function addressOf(filter: MemoryFilter): URLSearchParams {
  const address = new URLSearchParams();
  for (const [field, name] of Object.entries(NAMES) as [keyof typeof NAMES, string][]) {
    if (filter[field]) {
      address.set(name, filter[field]);
    }
  }
  for (const tag of filter.tags) {
    address.append("tag", tag);
  }
  return address;
}

/** Return the filter as the API takes it: `since` counts, `until` does not any more. */
export function whereOf(filter: MemoryFilter) {
  return {
    namespaces: filter.namespace ? [filter.namespace] : null,
    tags: filter.tags,
    since: filter.since ? startOf(filter.since).toISOString() : null,
    until: filter.until ? startOf(filter.until, 1).toISOString() : null,
    source: filter.source || null,
  };
}

/** Whether anything narrows what is shown. */
export function isNarrow(filter: MemoryFilter): boolean {
  return addressOf(filter).size > 0;
}

/** "3 Mar 2026", the day in words */
export const formatDayOf = (day: string): string => formatDate(startOf(day).toISOString());

/** The tag as a person reads it: who said it, or the tag itself. */
export function labelOfTag(tag: string): { label: string; speaker: boolean } {
  const speaker = tag.startsWith("speaker:") && tag.length > "speaker:".length;
  return { label: speaker ? tag.slice("speaker:".length) : tag, speaker };
}

/** Midnight of the day where the reader is, or of a day after it. */
function startOf(day: string, later = 0): Date {
  const start = new Date(`${day}T00:00`);
  start.setDate(start.getDate() + later);
  return start;
}

function dayOf(text: string | null): string {
  return text && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(startOf(text).getTime()) ? text : "";
}

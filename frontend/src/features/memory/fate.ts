import type { PastMemory } from "@/api/types";
import type { BadgeVariant } from "@/components/ui/badge";

export const FATES: Record<PastMemory["fate"], { label: string; variant: BadgeVariant }> = {
  holds: { label: "Holds", variant: "success" },
  superseded: { label: "Superseded", variant: "default" },
  lost: { label: "Lost", variant: "warning" },
};

/** Say what became of a version, and against which other one. */
export function fateInWords(version: PastMemory, history: readonly PastMemory[]): string {
  if (version.fate === "holds") {
    return version.forgotten ? "Agents do not recall it any more." : "This is what agents recall.";
  }
  if (version.fate === "superseded") {
    return "A later version took its place.";
  }
  const holder = history.find(
    ({ fate, key, namespace }) => fate === "holds" && key === version.key && namespace === version.namespace,
  );
  return `Lost against a version from another machine ${holder ? advantage(holder, version) : "with a higher priority or a later time"}.`;
}

function advantage(holder: PastMemory, loser: PastMemory): string {
  if (holder.priority !== loser.priority) {
    return `with a higher priority (${holder.priority} over ${loser.priority})`;
  }
  return Date.parse(holder.timestamp) > Date.parse(loser.timestamp)
    ? "with a later time"
    : "of the same priority and time; all machines choose the same one";
}

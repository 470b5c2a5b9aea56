import type { Ref } from "react";
import type { Memory } from "@/api/types";
import { type Listed, Listing } from "@/components/states/listing";
import { EmptyNest } from "@/components/states/pictures";
import { State } from "@/components/states/state";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { plural } from "@/lib/format";
import { cn } from "@/lib/utils";
import { isNarrow, type MemoryFilter } from "./filter";
import { MemoryCard } from "./memory-card";
import { PAGE } from "./queries";

interface ResultsProps {
  query: Listed<Memory> & { isPlaceholderData: boolean };
  filter: MemoryFilter;
  heading: Ref<HTMLHeadingElement>;
  onTag: (tag: string) => void;
  onForgotten: () => void;
}

/** The memories that the page shows. */
export function Results({ query, filter, heading, onTag, onForgotten }: ResultsProps) {
  return (
    <section aria-labelledby="memories" aria-busy={query.isPlaceholderData}>
      <h2 id="memories" ref={heading} tabIndex={-1} className="eyebrow mb-2 w-fit" aria-live="polite">
        {headingOf(query.data, filter.query !== "")}
      </h2>
      <Listing query={query} empty={<NoMemories filter={filter} />}>
        {(memories) => (
          <Card className={cn("transition-opacity", query.isPlaceholderData && "opacity-60")}>
            <ul className="divide-y">
              {memories.map((memory) => (
                <li key={memory.version}>
                  <MemoryCard memory={memory} tags={filter.tags} onTag={onTag} onForgotten={onForgotten} />
                </li>
              ))}
            </ul>
          </Card>
        )}
      </Listing>
    </section>
  );
}

function headingOf(memories: readonly Memory[] | undefined, searching: boolean): string {
  if (!searching || !memories) {
    return "Newest first";
  }
  if (memories.length === 0) {
    return "Nothing found";
  }
  return memories.length === PAGE
    ? `The best ${PAGE}`
    : `${plural(memories.length, "memory", "memories")} found, best first`;
}

interface OlderProps {
  list: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}

/** A button that fetches the next page, while there is one. */
export function Older({ list }: OlderProps) {
  return (
    list.hasNextPage && (
      <div className="mt-6 text-center">
        <Button
          variant="outline"
          disabled={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {list.isFetchingNextPage ? "Loading…" : "Show older memories"}
        </Button>
      </div>
    )
  );
}

function NoMemories({ filter }: { filter: MemoryFilter }) {
  return isNarrow(filter) ? (
    <State picture={<EmptyNest />} title="No memory matches">
      <p>Try other words, or take a filter away.</p>
    </State>
  ) : (
    <State picture={<EmptyNest />} title="Nothing remembered yet">
      <p>Agents remember as they work. You can also add a memory, or import a file of them.</p>
    </State>
  );
}

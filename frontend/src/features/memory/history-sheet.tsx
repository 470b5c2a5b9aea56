import { History } from "lucide-react";
import type { Memory, PastMemory } from "@/api/types";
import { Listing } from "@/components/states/listing";
import { EmptyNest } from "@/components/states/pictures";
import { State } from "@/components/states/state";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { RelativeTime } from "@/components/ui/relative-time";
import { Sheet, SheetContent, SheetDescription, SheetTitle, SheetTrigger } from "@/components/ui/sheet";
import { FATES, fateInWords } from "./fate";
import { FoldedText } from "./folded-text";
import { type MemoryName, useHistory } from "./queries";

/** A button that opens all versions of a memory. */
export function HistorySheet({ memory }: { memory: Memory }) {
  return (
    <Sheet>
      <SheetTrigger asChild>
        <Button variant="ghost" size="sm" className="text-muted-foreground">
          <History aria-hidden /> History
        </Button>
      </SheetTrigger>
      <SheetContent>
        <header className="border-b px-6 pt-5 pr-14 pb-4">
          <SheetTitle className="display text-2xl">History</SheetTitle>
          <SheetDescription className="mt-1 text-sm break-words text-muted-foreground">
            All versions of <span className="font-mono text-[0.8125rem]">{memory.key}</span> in{" "}
            {memory.namespace}: what holds first, then the newest.
          </SheetDescription>
        </header>
        <Versions of={memory} />
      </SheetContent>
    </Sheet>
  );
}

function Versions({ of }: { of: MemoryName }) {
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the list scrolls, so the keyboard must reach it
      tabIndex={0}
      aria-label="Versions"
      className="min-h-0 flex-1 overflow-y-auto px-6 py-5 -outline-offset-2"
    >
      <Listing query={useHistory(of)} empty={<State picture={<EmptyNest />} title="No versions" />}>
        {(history) => (
          <ol className="space-y-6">
            {history.map((version) => (
              <li key={version.version}>
                <Version version={version} history={history} />
              </li>
            ))}
          </ol>
        )}
      </Listing>
    </section>
  );
}

function Version({ version, history }: { version: PastMemory; history: readonly PastMemory[] }) {
  const { label, variant } = FATES[version.fate];
  return (
    <article>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted-foreground">
        <Badge variant={variant}>{label}</Badge>
        <RelativeTime at={version.timestamp} />
        <span>Priority {version.priority}</span>
      </div>
      <div className="mt-2">
        {version.forgotten ? (
          <p className="text-muted-foreground italic">Forgotten</p>
        ) : (
          <FoldedText text={version.content} />
        )}
      </div>
      <p className="mt-1 text-sm text-muted-foreground">{fateInWords(version, history)}</p>
    </article>
  );
}

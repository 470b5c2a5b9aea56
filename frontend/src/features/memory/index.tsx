import { useRef, useState } from "react";
import { useSearchParams } from "react-router";
import type { Memory } from "@/api/types";
import { Page } from "@/components/layout/page";
import { FailureNote } from "@/components/states/failure";
import { plural } from "@/lib/format";
import { AddMemory } from "./add-memory";
import { Degraded } from "./degraded";
import { addressOf, filterOf, type MemoryFilter } from "./filter";
import { FilterForm } from "./filter-form";
import { ImportMemories } from "./import-memories";
import { useImport, useMemories, useMemorySearch, useMemoryState } from "./queries";
import { Older, Results } from "./results";
import { SyncPanel } from "./sync-panel";

export function Component() {
  const [filter, narrow] = useFilter();
  const [notice, setNotice] = useState("");
  const heading = useRef<HTMLHeadingElement>(null);
  const searching = filter.query !== "";
  const list = useMemories(filter, !searching);
  const found = useMemorySearch(filter);
  const state = useMemoryState();
  const imported = useImport();
  const namespaces = state.data?.namespaces ?? [];

  const toggleTag = (tag: string) => {
    const others = filter.tags.filter((other) => other !== tag);
    narrow({ tags: others.length < filter.tags.length ? others : [...filter.tags, tag] });
  };
  const foundList = {
    data: found.data?.items,
    error: found.error,
    refetch: found.refetch,
    isPlaceholderData: found.isPlaceholderData,
  };
  const onForgotten = () => {
    setNotice("Forgotten. Its history stays.");
    heading.current?.focus({ preventScroll: true });
  };
  const onFile = (file: File) => {
    setNotice("");
    imported.mutate(file, {
      onSuccess: (count) => setNotice(`${plural(count, "memory was", "memories were")} imported.`),
    });
  };
  return (
    <Page
      title="Memory"
      lead="What the agents have learnt and will recall in later runs."
      actions={
        <div className="flex gap-2">
          <ImportMemories pending={imported.isPending} onFile={onFile} />
          <AddMemory namespaces={namespaces} onAdded={(memory) => setNotice(added(memory))} />
        </div>
      }
    >
      <Degraded texts={[...(state.data?.degraded ?? []), ...((searching && found.data?.degraded) || [])]} />
      {state.data && <SyncPanel state={state.data.sync ?? null} />}
      <p role="status" className="text-sm text-success not-empty:mb-4">
        {notice}
      </p>
      <div className="not-empty:mb-4">
        <FailureNote error={imported.error} />
      </div>
      <FilterForm filter={filter} namespaces={namespaces} onChange={narrow} />
      <Results
        query={searching ? foundList : list}
        filter={filter}
        heading={heading}
        onTag={toggleTag}
        onForgotten={onForgotten}
      />
      {!searching && <Older list={list} />}
    </Page>
  );
}

/** The filter, kept in the page's address, so that it can be linked to and gone back to. */
function useFilter() {
  const [address, setAddress] = useSearchParams();
  const filter = filterOf(address);
  const narrow = (change: Partial<MemoryFilter>) =>
    setAddress(addressOf({ ...filter, ...change }), { preventScrollReset: true });
  return [filter, narrow] as const;
}

function added(memory: Memory): string {
  const replaced = plural(memory.redactions, "credential was", "credentials were");
  return memory.redactions > 0 ? `Remembered. ${replaced} replaced.` : "Remembered.";
}

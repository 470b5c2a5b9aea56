import { Search } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Page } from "@/components/layout/page";
import { Listing } from "@/components/states/listing";
import { EmptyNest } from "@/components/states/pictures";
import { State } from "@/components/states/state";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Input } from "@/components/ui/input";
import { MemoryCard } from "./memory-card";
import { type MemoryFilter, useMemories, useMemorySearch } from "./queries";

const ALL: MemoryFilter = { query: "", namespace: "" };

export function Component() {
  const [filter, setFilter] = useState(ALL);
  const searching = filter.query !== "";
  const all = useMemories(filter.namespace, !searching);
  const found = useMemorySearch(filter);
  return (
    <Page title="Memory" lead="What the agents have learnt and will recall in later runs.">
      <FilterForm onFilter={setFilter} />
      <Listing query={searching ? found : all} empty={<NoMemories filter={filter} />}>
        {(memories) => (
          <Card>
            <ul className="divide-y">
              {memories.map((memory) => (
                <li key={memory.id}>
                  <MemoryCard memory={memory} found={searching} />
                </li>
              ))}
            </ul>
          </Card>
        )}
      </Listing>
      {!searching && all.hasNextPage && (
        <div className="mt-6 text-center">
          <Button
            variant="outline"
            disabled={all.isFetchingNextPage}
            onClick={() => void all.fetchNextPage()}
          >
            {all.isFetchingNextPage ? "Loading…" : "Show older memories"}
          </Button>
        </div>
      )}
    </Page>
  );
}

function FilterForm({ onFilter }: { onFilter: (filter: MemoryFilter) => void }) {
  const [filter, setFilter] = useState(ALL);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onFilter({ query: filter.query.trim(), namespace: filter.namespace.trim() });
  };
  const edit = (change: Partial<MemoryFilter>) => {
    const next = { ...filter, ...change };
    setFilter(next);
    if (next.query === "" && next.namespace === "") {
      onFilter(ALL);
    }
  };
  return (
    <search>
      <form onSubmit={submit} className="mb-5 flex flex-col gap-3 sm:flex-row">
        <Input
          type="search"
          aria-label="Search memories"
          placeholder="Search by meaning or by word"
          value={filter.query}
          onChange={(event) => edit({ query: event.target.value })}
          className="sm:flex-1"
        />
        <Input
          aria-label="Namespace"
          placeholder="Any namespace"
          value={filter.namespace}
          onChange={(event) => edit({ namespace: event.target.value })}
          className="sm:w-44"
        />
        <Button type="submit" variant="outline">
          <Search aria-hidden /> Search
        </Button>
      </form>
    </search>
  );
}

function NoMemories({ filter }: { filter: MemoryFilter }) {
  const filtered = filter.query !== "" || filter.namespace !== "";
  return (
    <State picture={<EmptyNest />} title={filtered ? "No memory matches" : "Nothing remembered yet"}>
      <p>
        {filtered
          ? "Try fewer words, or leave the namespace empty."
          : "Agents remember as they work. You can also add a memory with rookery memory add."}
      </p>
    </State>
  );
}

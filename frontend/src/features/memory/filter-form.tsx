import { Search, SlidersHorizontal } from "lucide-react";
import { type FormEvent, useEffect, useId, useState } from "react";
import type { MemoryNamespace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { type Chip, Chips } from "@/components/ui/chips";
import { Input } from "@/components/ui/input";
import { NativeSelect } from "@/components/ui/native-select";
import { formatCount } from "@/lib/format";
import { formatDayOf, labelOfTag, type MemoryFilter } from "./filter";
import { MoreFilters } from "./more-filters";

interface FilterFormProps {
  filter: MemoryFilter;
  namespaces: readonly MemoryNamespace[];
  onChange: (change: Partial<MemoryFilter>) => void;
}

/** What to look for, and among which memories. */
export function FilterForm({ filter, namespaces, onChange }: FilterFormProps) {
  const id = useId();
  const [more, setMore] = useState(false);
  const [query, setQuery] = useState(filter.query);
  useEffect(() => setQuery(filter.query), [filter.query]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onChange({ query: query.trim() });
  };
  const edit = (text: string) => {
    setQuery(text);
    if (text === "") {
      onChange({ query: "" });
    }
  };
  return (
    <search className="mb-6 block space-y-3">
      <form onSubmit={submit} className="flex flex-wrap gap-3">
        <Input
          type="search"
          aria-label="Search memories"
          placeholder="Search by meaning or by word"
          value={query}
          onChange={(event) => edit(event.target.value)}
          maxLength={4000}
          className="min-w-52 flex-1 max-sm:basis-full"
        />
        <div className="w-44 max-sm:w-full">
          <NamespaceChoice
            chosen={filter.namespace}
            namespaces={namespaces}
            onChange={(namespace) => onChange({ namespace })}
          />
        </div>
        <Button
          variant="ghost"
          aria-expanded={more}
          aria-controls={id}
          onClick={() => setMore(!more)}
          className="text-muted-foreground"
        >
          <SlidersHorizontal aria-hidden /> Filters
        </Button>
        <Button type="submit" variant="outline" className="max-sm:ml-auto">
          <Search aria-hidden /> Search
        </Button>
      </form>
      <div id={id} hidden={!more}>
        <MoreFilters filter={filter} onChange={onChange} />
      </div>
      <Chips label="Filters in force" chips={chipsOf(filter, onChange)} />
    </search>
  );
}

interface NamespaceChoiceProps {
  chosen: string;
  namespaces: readonly MemoryNamespace[];
  onChange: (namespace: string) => void;
}

function NamespaceChoice({ chosen, namespaces, onChange }: NamespaceChoiceProps) {
  const known = namespaces.some(({ namespace }) => namespace === chosen);
  return (
    <NativeSelect aria-label="Namespace" value={chosen} onChange={(event) => onChange(event.target.value)}>
      <option value="">Any namespace</option>
      {chosen && !known && <option value={chosen}>{chosen}</option>}
      {namespaces.map(({ namespace, memories }) => (
        <option key={namespace} value={namespace}>
          {namespace} ({formatCount(memories)})
        </option>
      ))}
    </NativeSelect>
  );
}

function chipsOf(filter: MemoryFilter, onChange: FilterFormProps["onChange"]): Chip[] {
  const without = (tag: string) => filter.tags.filter((other) => other !== tag);
  const chips = filter.tags.map((tag) => {
    const { label, speaker } = labelOfTag(tag);
    return { label: speaker ? `said by ${label}` : label, onRemove: () => onChange({ tags: without(tag) }) };
  });
  if (filter.since) {
    chips.push({ label: `since ${formatDayOf(filter.since)}`, onRemove: () => onChange({ since: "" }) });
  }
  if (filter.until) {
    chips.push({ label: `until ${formatDayOf(filter.until)}`, onRemove: () => onChange({ until: "" }) });
  }
  if (filter.source) {
    chips.push({ label: `from ${filter.source}`, onRemove: () => onChange({ source: "" }) });
  }
  return chips;
}

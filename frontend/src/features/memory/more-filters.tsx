import { type ComponentProps, useEffect, useState } from "react";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import type { MemoryFilter } from "./filter";
import { TagInput } from "./tag-input";

interface MoreFiltersProps {
  filter: MemoryFilter;
  onChange: (change: Partial<MemoryFilter>) => void;
}

/** Filters that are not needed every day. Each applies when it is complete. */
export function MoreFilters({ filter, onChange }: MoreFiltersProps) {
  return (
    <div className="grid gap-x-4 gap-y-3 rounded-lg border bg-card p-4 sm:grid-cols-2 lg:grid-cols-[1fr_1.4fr_10.5rem_10.5rem]">
      <Field label="Tags" htmlFor="filter-tags" hint="Any of these; Enter adds one">
        <TagInput
          id="filter-tags"
          aria-describedby="filter-tags-hint"
          tags={filter.tags}
          onChange={(tags) => onChange({ tags })}
        />
      </Field>
      <Field label="Source" htmlFor="filter-source" hint="The whole address, or its beginning and *">
        <Draft
          id="filter-source"
          aria-describedby="filter-source-hint"
          placeholder="https://example.org/*"
          applied={filter.source}
          on="leaving"
          onApply={(source) => onChange({ source: source.trim() })}
          spellCheck={false}
        />
      </Field>
      <Field label="Since" htmlFor="filter-since">
        <Draft
          id="filter-since"
          {...DAY}
          applied={filter.since}
          on="change"
          onApply={(since) => onChange({ since })}
        />
      </Field>
      <Field label="Until" htmlFor="filter-until">
        <Draft
          id="filter-until"
          {...DAY}
          applied={filter.until}
          on="change"
          onApply={(until) => onChange({ until })}
        />
      </Field>
    </div>
  );
}

// A year is typed digit by digit: "0002" is not meant.
const DAY = { type: "date", min: "1000-01-01", max: "9998-12-31" } as const;

interface DraftProps extends Omit<ComponentProps<"input">, "value" | "onChange"> {
  applied: string;
  on: "change" | "leaving";
  onApply: (value: string) => void;
}

/** A field whose value applies on each valid change, or on Enter and when it is left. */
function Draft({ applied, on, onApply, ...props }: DraftProps) {
  const [draft, setDraft] = useState(applied);
  useEffect(() => setDraft(applied), [applied]);
  const apply = (input: HTMLInputElement) => {
    if (input.value !== applied && input.validity.valid) {
      onApply(input.value);
    }
  };
  return (
    <Input
      value={draft}
      onChange={(event) => {
        setDraft(event.target.value);
        if (on === "change") {
          apply(event.target);
        }
      }}
      onBlur={(event) => apply(event.target)}
      onKeyDown={(event) => event.key === "Enter" && apply(event.currentTarget)}
      {...props}
    />
  );
}

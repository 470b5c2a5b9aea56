import type { RunStatus } from "@/api/types";
import { Input } from "@/components/ui/input";
import { NativeSelect } from "@/components/ui/native-select";
import type { RunQuery } from "./queries";
import { STATUS } from "./status-badge";

/** Which runs are listed; the address keeps it. */
export function RunFilter({ query, onChange }: { query: RunQuery; onChange: (query: RunQuery) => void }) {
  return (
    <search className="mb-5 flex flex-col gap-3 sm:flex-row">
      <Input
        type="search"
        aria-label="Search questions"
        placeholder="Search questions"
        value={query.text}
        onChange={(event) => onChange({ ...query, text: event.target.value })}
        maxLength={1000}
        className="sm:max-w-sm"
      />
      <div className="sm:w-44">
        <NativeSelect
          aria-label="Filter by status"
          value={query.status}
          onChange={(event) => onChange({ ...query, status: event.target.value as RunStatus | "" })}
        >
          <option value="">Any status</option>
          {Object.entries(STATUS).map(([value, { label }]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </NativeSelect>
      </div>
    </search>
  );
}

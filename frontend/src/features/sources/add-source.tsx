import { Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { Ingested as Outcome } from "@/api/types";
import { FailureNote } from "@/components/states/failure";
import { Message } from "@/components/states/message";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { formatCount, plural } from "@/lib/format";
import { useAddSource } from "./queries";

export function AddSource() {
  const [location, setLocation] = useState("");
  const [namespace, setNamespace] = useState("");
  const add = useAddSource();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate(
      { location: location.trim(), namespace: namespace.trim() || "default" },
      { onSuccess: () => setLocation("") },
    );
  };
  return (
    <form onSubmit={submit} aria-label="Add a source" className="mb-6">
      <p id="source-hint" className="mb-2 text-sm text-muted-foreground">
        A file or a folder that the server can read, or a page or document at an http or https address.
      </p>
      <div className="flex flex-col gap-3 sm:flex-row">
        <Input
          aria-label="File, folder or address"
          aria-describedby="source-hint"
          placeholder="./papers or https://example.org/report"
          value={location}
          onChange={(event) => setLocation(event.target.value)}
          required
          spellCheck={false}
          className="sm:flex-1"
        />
        <Input
          aria-label="Namespace"
          placeholder="default"
          value={namespace}
          onChange={(event) => setNamespace(event.target.value)}
          pattern="[A-Za-z0-9][A-Za-z0-9._\-]{0,62}"
          title="Letters, digits, dots, dashes and underscores"
          spellCheck={false}
          className="sm:w-44"
        />
        <Button type="submit" disabled={add.isPending || !location.trim()}>
          <Plus aria-hidden /> {add.isPending ? "Reading…" : "Add"}
        </Button>
      </div>
      <div aria-live="polite" className="mt-3 empty:hidden">
        {add.data && <Ingested outcome={add.data} />}
        <FailureNote error={add.error} />
      </div>
    </form>
  );
}

/** What came of it: how many documents are new, and what could not be read. */
function Ingested({ outcome }: { outcome: Outcome }) {
  const { added, changed, unchanged } = outcome;
  return (
    <>
      <p className="text-sm text-success">
        {plural(added, "new document")}
        {changed > 0 && `, ${formatCount(changed)} changed`}
        {unchanged > 0 && `, ${plural(unchanged, "document")} already there`}.
      </p>
      {outcome.problems.length > 0 && (
        <ul aria-label="What could not be read" className="mt-1 space-y-0.5 text-sm text-warning">
          {outcome.problems.map((problem) => (
            <li key={`${problem.location}: ${problem.message}`}>
              <span className="font-mono text-[0.8125rem]">{problem.location}</span>{" "}
              <Message text={problem.message} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

import { FolderPlus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { FailureNote } from "@/components/states/failure";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { plural } from "@/lib/format";
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
      <div className="flex flex-col gap-3 sm:flex-row">
        <Input
          aria-label="File, folder or URL"
          placeholder="A file, a folder or a URL that the server can read"
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
          <FolderPlus aria-hidden /> {add.isPending ? "Reading…" : "Add"}
        </Button>
      </div>
      <div aria-live="polite" className="mt-3 empty:hidden">
        {add.data && (
          <p className="text-sm text-success">Added {plural(add.data.items.length, "document")}.</p>
        )}
        <FailureNote error={add.error} />
      </div>
    </form>
  );
}

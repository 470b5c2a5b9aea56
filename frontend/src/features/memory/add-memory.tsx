import { Plus } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import type { Memory, MemoryNamespace } from "@/api/types";
import { FailureNote } from "@/components/states/failure";
import { Button } from "@/components/ui/button";
import { Chips } from "@/components/ui/chips";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { fieldClasses, Input } from "@/components/ui/input";
import { cn } from "@/lib/utils";
import { useRemember } from "./queries";
import { TagInput } from "./tag-input";

interface AddMemoryProps {
  namespaces: readonly MemoryNamespace[];
  onAdded: (memory: Memory) => void;
}

/** A button that opens the form for a new memory. */
export function AddMemory({ namespaces, onAdded }: AddMemoryProps) {
  const [open, setOpen] = useState(false);
  const done = (memory: Memory) => {
    setOpen(false);
    onAdded(memory);
  };
  return (
    <Dialog
      trigger={
        <Button>
          <Plus aria-hidden /> Add a memory
        </Button>
      }
      open={open}
      onOpenChange={setOpen}
      title="Add a memory"
      description="Agents recall it in later runs. Credentials in it are replaced before it is stored."
    >
      <NewMemoryForm namespaces={namespaces} onAdded={done} />
    </Dialog>
  );
}

const FRESH = { content: "", namespace: "default", tags: [] as string[], key: "" };

function NewMemoryForm({ namespaces, onAdded }: AddMemoryProps) {
  const known = useId();
  const [draft, setDraft] = useState(FRESH);
  const remember = useRemember();
  const edit = (change: Partial<typeof FRESH>) => setDraft((before) => ({ ...before, ...change }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { content, tags } = draft;
    const [namespace, key] = [draft.namespace.trim() || "default", draft.key.trim() || null];
    remember.mutate(
      { content, tags, namespace, key, relevance_score: 0.5, priority: 0 },
      { onSuccess: onAdded },
    );
  };
  return (
    <form onSubmit={submit} className="mt-5 grid gap-4 sm:grid-cols-2">
      <Field label="Content" htmlFor="memory-content" className="sm:col-span-2">
        <textarea
          id="memory-content"
          value={draft.content}
          onChange={(event) => edit({ content: event.target.value })}
          required
          rows={4}
          className={cn(fieldClasses, "field-sizing-content block max-h-72 min-h-28 py-2")}
        />
      </Field>
      <Field label="Namespace" htmlFor="memory-namespace" hint="An agent's id, or a name that agents share">
        <Input
          id="memory-namespace"
          aria-describedby="memory-namespace-hint"
          value={draft.namespace}
          onChange={(event) => edit({ namespace: event.target.value })}
          list={known}
          maxLength={200}
          spellCheck={false}
        />
        <datalist id={known}>
          {namespaces.map(({ namespace }) => (
            <option key={namespace} value={namespace} />
          ))}
        </datalist>
      </Field>
      <Field label="Tags" htmlFor="memory-tags" hint="Enter adds one; speaker:Anna says who said it">
        <TagInput
          id="memory-tags"
          aria-describedby="memory-tags-hint"
          tags={draft.tags}
          onChange={(tags) => edit({ tags })}
        />
        <Chips
          label="Tags of the memory"
          chips={draft.tags.map((tag) => ({
            label: tag,
            onRemove: () => edit({ tags: draft.tags.filter((other) => other !== tag) }),
          }))}
        />
      </Field>
      <Field
        label="Key (optional)"
        htmlFor="memory-key"
        hint="A memory of the same key and namespace is replaced; its history stays."
        className="sm:col-span-2"
      >
        <Input
          id="memory-key"
          aria-describedby="memory-key-hint"
          value={draft.key}
          onChange={(event) => edit({ key: event.target.value })}
          maxLength={1000}
          spellCheck={false}
        />
      </Field>
      <div className="flex flex-wrap items-center justify-end gap-3 sm:col-span-2">
        <FailureNote error={remember.error} />
        <Button type="submit" disabled={remember.isPending || !draft.content.trim()}>
          {remember.isPending ? "Storing…" : "Remember it"}
        </Button>
      </div>
    </form>
  );
}

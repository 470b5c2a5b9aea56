import { Upload } from "lucide-react";
import { type ChangeEvent, useRef } from "react";
import { Button } from "@/components/ui/button";

interface ImportMemoriesProps {
  pending: boolean;
  onFile: (file: File) => void;
}

/** A button that asks for a file of memories. */
export function ImportMemories({ pending, onFile }: ImportMemoriesProps) {
  const input = useRef<HTMLInputElement>(null);
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    event.target.value = ""; // so that the same file can be chosen again
    if (file) {
      onFile(file);
    }
  };
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="File of memories"
        accept=".jsonl,.ndjson,.json"
        onChange={choose}
      />
      <Button
        variant="outline"
        disabled={pending}
        title="JSON lines of Rookery, or an export of mem0 or of a LangGraph store"
        onClick={() => input.current?.click()}
      >
        <Upload aria-hidden /> {pending ? "Importing…" : "Import"}
      </Button>
    </>
  );
}

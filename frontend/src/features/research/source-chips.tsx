import { FileText, X } from "lucide-react";
import { type ClipboardEvent, type KeyboardEvent, useId, useState } from "react";

interface SourceChipsProps {
  sources: string[];
  onChange: (sources: string[]) => void;
  hint: string;
}

/** A field that holds one path per chip. Enter adds one, Backspace in the empty field takes the last away. */
export function SourceChips({ sources, onChange, hint }: SourceChipsProps) {
  const id = useId();
  const [draft, setDraft] = useState("");

  const add = (text: string) => {
    const entries = text.split(/\r?\n/).map((line) => line.trim());
    onChange([...new Set([...sources, ...entries.filter(Boolean)])]);
    setDraft("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && draft.trim()) {
      event.preventDefault();
      add(draft);
    } else if (event.key === "Backspace" && draft === "") {
      onChange(sources.slice(0, -1));
    }
  };
  const onPaste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData("text");
    if (text.includes("\n")) {
      event.preventDefault();
      add(draft + text);
    }
  };

  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
      <label htmlFor={id} className="text-sm font-medium">
        Sources
      </label>
      {sources.length > 0 && (
        <ul className="contents" aria-label="Chosen sources">
          {sources.map((source) => (
            <li
              key={source}
              className="flex max-w-full items-center gap-1.5 rounded-sm bg-tint py-0.5 pr-0.5 pl-2 text-sm text-primary"
            >
              <FileText aria-hidden className="size-3.5 shrink-0" />
              <span className="truncate font-mono text-[0.8125rem]">{source}</span>
              <button
                type="button"
                aria-label={`Remove ${source}`}
                onClick={() => onChange(sources.filter((other) => other !== source))}
                className="grid size-6 place-items-center rounded-sm hover:bg-primary/15"
              >
                <X aria-hidden className="size-3.5" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <input
        id={id}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
        onBlur={() => draft.trim() && add(draft)}
        placeholder={sources.length > 0 ? "Add another" : "./papers"}
        aria-describedby={`${id}-hint`}
        autoComplete="off"
        spellCheck={false}
        className="h-8 min-w-40 flex-1 rounded-sm bg-transparent font-mono text-[0.8125rem] placeholder:text-muted-foreground focus-visible:outline-none"
      />
      <span id={`${id}-hint`} className="text-sm text-muted-foreground">
        {hint}
      </span>
    </div>
  );
}

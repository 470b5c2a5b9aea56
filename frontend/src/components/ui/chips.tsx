import { X } from "lucide-react";

export interface Chip {
  label: string;
  onRemove: () => void;
}

/** What was chosen, each with a button that takes it away. Nothing when there is none. */
export function Chips({ label, chips }: { label: string; chips: readonly Chip[] }) {
  return (
    chips.length > 0 && (
      <ul aria-label={label} className="flex min-w-0 flex-wrap gap-2">
        {chips.map((chip) => (
          <li
            key={chip.label}
            className="flex max-w-full min-w-0 items-center gap-1 rounded-sm bg-tint py-0.5 pr-0.5 pl-2 text-sm text-primary"
          >
            <span className="truncate">{chip.label}</span>
            <button
              type="button"
              aria-label={`Remove ${chip.label}`}
              onClick={chip.onRemove}
              className="grid size-6 shrink-0 place-items-center rounded-sm hover:bg-primary/15"
            >
              <X aria-hidden className="size-3.5" />
            </button>
          </li>
        ))}
      </ul>
    )
  );
}

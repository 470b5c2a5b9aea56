import { type ComponentProps, type KeyboardEvent, useState } from "react";
import { Input } from "@/components/ui/input";

interface TagInputProps extends Omit<ComponentProps<"input">, "onChange" | "value"> {
  tags: string[];
  onChange: (tags: string[]) => void;
}

/** A field that adds a tag on Enter, or when it is left. Backspace in the empty field takes the last one away. */
export function TagInput({ tags, onChange, ...props }: TagInputProps) {
  const [draft, setDraft] = useState("");
  const add = () => {
    if (draft.trim()) {
      onChange([...new Set([...tags, draft.trim()])]);
      setDraft("");
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && draft.trim()) {
      event.preventDefault();
      add();
    } else if (event.key === "Backspace" && draft === "" && tags.length > 0) {
      onChange(tags.slice(0, -1));
    }
  };
  return (
    <Input
      value={draft}
      onChange={(event) => setDraft(event.target.value)}
      onKeyDown={onKeyDown}
      onBlur={add}
      maxLength={1000}
      autoComplete="off"
      spellCheck={false}
      {...props}
    />
  );
}

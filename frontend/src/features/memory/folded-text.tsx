import { type RefObject, useId, useLayoutEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/utils";

const FOLDED = 2000; // characters: more never shows in six lines, and a memory may hold millions

/** A text of which six lines show until the reader asks for all. */
export function FoldedText({ text }: { text: string }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const paragraph = useRef<HTMLParagraphElement>(null);
  const cut = useIsCut(paragraph, open) || text.length > FOLDED;
  return (
    <>
      <p
        id={id}
        ref={paragraph}
        className={cn("max-w-3xl break-words whitespace-pre-wrap", !open && "line-clamp-6")}
      >
        {open ? text : text.slice(0, FOLDED)}
      </p>
      {cut && (
        <Button
          variant="link"
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setOpen(!open)}
          className="h-7 px-0"
        >
          {open ? "Show less" : "Show all"}
        </Button>
      )}
    </>
  );
}

/** Whether a folded paragraph has more lines than show; it keeps the answer while unfolded. */
function useIsCut(paragraph: RefObject<HTMLParagraphElement | null>, open: boolean): boolean {
  const [cut, setCut] = useState(false);
  useLayoutEffect(() => {
    const element = paragraph.current;
    if (!element || open) {
      return;
    }
    const observer = new ResizeObserver(() => setCut(element.scrollHeight > element.clientHeight + 1));
    observer.observe(element);
    return () => observer.disconnect();
  }, [paragraph, open]);
  return cut;
}

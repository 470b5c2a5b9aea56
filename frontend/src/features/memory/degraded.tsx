import { TriangleAlert } from "lucide-react";
import { Message } from "@/components/states/message";

/** What does not work as it should, each thing once. */
export function Degraded({ texts }: { texts: readonly string[] }) {
  return (
    <div role="status">
      {texts.length > 0 && (
        <div className="mb-5 flex items-start gap-3 rounded-lg bg-warning/12 px-4 py-2.5 text-sm text-warning">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          <ul className="min-w-0 space-y-1 break-words">
            {[...new Set(texts)].map((text) => (
              <li key={text} className="first-letter:uppercase">
                <Message text={text} />
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

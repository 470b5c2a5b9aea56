import { useQuery } from "@tanstack/react-query";
import { BadgeCheck, TriangleAlert } from "lucide-react";
import type { Citation, Snapshot } from "@/api/types";
import { cutAt } from "./code-points";

/** Checks in the browser what the server promises: the text has its digest, and the quote stands where it should. */
export function Integrity({ snapshot, citation }: { snapshot: Snapshot; citation: Citation | null }) {
  const digest = useQuery({
    queryKey: ["digest", snapshot.sha256],
    queryFn: () => sha256(snapshot.text),
    enabled: Boolean(globalThis.crypto?.subtle),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const moved =
    citation !== null && cutAt(snapshot.text, citation.start, citation.end).quote !== citation.quote;
  const changed = digest.data !== undefined && digest.data !== snapshot.sha256;
  if (moved || changed) {
    return (
      <span role="alert" className="flex items-center gap-1.5 font-medium text-destructive">
        <TriangleAlert aria-hidden className="size-4" />
        {changed ? "The stored text was changed" : "The quote is not at its place"}
      </span>
    );
  }
  if (!citation && !digest.data) {
    return null;
  }
  return (
    <span className="flex items-center gap-1.5 text-success">
      <BadgeCheck aria-hidden className="size-4" />
      {[citation && "Quote found word for word", digest.data && "text unaltered"].filter(Boolean).join(", ")}
    </span>
  );
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

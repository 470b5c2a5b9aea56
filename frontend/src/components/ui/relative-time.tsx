import { formatMoment, formatRelative } from "@/lib/format";
import { useNow } from "@/lib/use-now";

/** How long ago something was; the exact moment shows on hover. */
export function RelativeTime({ at }: { at: string }) {
  const now = useNow(true, 30_000);
  return (
    <time dateTime={at} title={formatMoment(at)}>
      {formatRelative(at, now)}
    </time>
  );
}

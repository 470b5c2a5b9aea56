import { Hourglass } from "lucide-react";
import { formatSeconds } from "@/lib/format";
import { useNow } from "@/lib/use-now";

/** Counts down to the moment from which a service takes requests again. */
export function Cooldown({ until }: { until: string }) {
  const now = useNow(true);
  const seconds = Math.ceil((Date.parse(until) - now) / 1000);
  return (
    <p role="timer" className="mt-2 flex items-center gap-1.5 text-sm text-warning tabular-nums">
      <Hourglass aria-hidden className="size-4" />
      {seconds > 0
        ? `Requests go out again in ${formatSeconds(seconds).replace(".0", "")}`
        : "It may be asked again"}
    </p>
  );
}

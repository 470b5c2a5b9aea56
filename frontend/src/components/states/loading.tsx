import { Skeleton } from "@/components/ui/skeleton";

/** Rows that stand in for a list. */
export function LoadingRows({ rows = 5, label = "Loading" }: { rows?: number; label?: string }) {
  return (
    <div role="status" aria-label={label} className="space-y-3">
      {Array.from({ length: rows }, (_, row) => `row-${row}`).map((row, index) => (
        <div key={row} className="rounded-lg border bg-card p-4" style={{ opacity: 1 - index / (rows + 1) }}>
          <Skeleton className="h-4 w-3/5" />
          <Skeleton className="mt-3 h-3 w-2/5" />
        </div>
      ))}
    </div>
  );
}

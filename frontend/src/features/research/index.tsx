import { ArrowRight } from "lucide-react";
import { Link } from "react-router";
import { Colony } from "@/components/brand/colony";
import { FailureNote } from "@/components/states/failure";
import { Card } from "@/components/ui/card";
import { useRecentRuns } from "@/features/runs/queries";
import { RunRow } from "@/features/runs/run-row";
import { useTitle } from "@/lib/use-title";
import { Composer } from "./composer";

export function Component() {
  useTitle("Research");
  return (
    <div className="relative isolate overflow-hidden">
      <Colony className="pointer-events-none absolute top-0 right-0 -z-10 hidden h-[25rem] md:block lg:right-6" />
      <div className="mx-auto w-full max-w-4xl px-4 pt-8 pb-16 sm:px-8 lg:pt-20">
        <h1 className="display max-w-xl text-4xl sm:text-5xl">What would you like to find out?</h1>
        <p className="mt-4 max-w-sm text-muted-foreground">
          A colony of agents reads your sources side by side. Each claim of the answer is held by a quote that
          you can check.
        </p>
        <div className="mt-8">
          <Composer />
        </div>
        <Recent />
      </div>
    </div>
  );
}

function Recent() {
  const runs = useRecentRuns(4);
  if (runs.error) {
    return (
      <div className="mt-12">
        <FailureNote error={runs.error} />
      </div>
    );
  }
  return runs.data && runs.data.length > 0 ? (
    <section className="mt-12" aria-labelledby="recent">
      <div className="mb-2 flex items-baseline justify-between">
        <h2 id="recent" className="eyebrow">
          Recent runs
        </h2>
        <Link
          to="/runs"
          className="flex items-center gap-1 text-sm text-primary underline-offset-4 hover:underline"
        >
          All runs <ArrowRight aria-hidden className="size-3.5" />
        </Link>
      </div>
      <Card className="overflow-hidden">
        <ul className="divide-y">
          {runs.data.map((run) => (
            <RunRow key={run.id} run={run} dated />
          ))}
        </ul>
      </Card>
    </section>
  ) : null;
}

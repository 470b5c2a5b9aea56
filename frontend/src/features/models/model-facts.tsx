import { CircleCheck, CircleX } from "lucide-react";
import { useState } from "react";
import type { ModelFacts as Facts, Model } from "@/api/types";
import { FailureNote } from "@/components/states/failure";
import { Message } from "@/components/states/message";
import { Skeleton } from "@/components/ui/skeleton";
import { formatBytes, formatCount, formatSeconds, formatShare } from "@/lib/format";
import { useModelFacts } from "./queries";

/** Whether it fits, what it can do, and how fast it is; looked up when it is opened. */
export function ModelFacts({ model }: { model: Model }) {
  const [open, setOpen] = useState(false);
  const { data, error } = useModelFacts(model.id, open);
  return (
    <details className="mt-2 text-sm" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="w-fit rounded-sm text-primary">Will it fit, and what can it do?</summary>
      <div className="mt-3">
        {data ? (
          <Figures facts={data} model={model} />
        ) : error ? (
          <FailureNote error={error} />
        ) : (
          <Skeleton className="h-12" />
        )}
      </div>
    </details>
  );
}

function Figures({ facts: { fit, fault, probe }, model }: { facts: Facts; model: Model }) {
  return (
    <div className="space-y-4">
      {fault && (
        <p className="text-destructive">
          <Message text={fault} />
        </p>
      )}
      {fit && <Fits fit={fit} />}
      {probe ? (
        <dl className="grid gap-x-8 gap-y-1 sm:grid-cols-2">
          <Figure
            name="Reads"
            value={`${formatCount(Math.round(probe.prefill_tokens_per_second))} tokens/s`}
          />
          <Figure name="Writes" value={`${probe.decode_tokens_per_second.toFixed(1)} tokens/s`} />
          {probe.throughput.map(({ concurrent, tokens_per_second }) => (
            <Figure
              key={concurrent}
              name={`${concurrent} side by side`}
              value={`${tokens_per_second.toFixed(1)} tokens/s`}
            />
          ))}
          <Figure name="Right answers" value={rate(probe.answers)} />
          <Figure name="Says that it does not know" value={rate(probe.abstention)} />
          <Figure name="Valid actions, bound" value={rate(probe.actions_bound)} />
          <Figure name="Valid actions, free" value={rate(probe.actions_free)} />
          {Object.entries(model.eta ?? {}).map(([depth, { low, high }]) => (
            <Figure
              key={depth}
              name={`A ${depth} run`}
              value={`${formatSeconds(low)} to ${formatSeconds(high)}`}
            />
          ))}
        </dl>
      ) : (
        <p className="text-muted-foreground">
          Not probed yet: <code className="font-mono">rookery models probe {model.id}</code> finds out how
          fast it is here and what it can do.
        </p>
      )}
    </div>
  );
}

function Fits({ fit }: { fit: NonNullable<Facts["fit"]> }) {
  const Icon = fit.fits ? CircleCheck : CircleX;
  return (
    <p className={`flex items-start gap-2 ${fit.fits ? "text-success" : "text-destructive"}`}>
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
      <span>
        {fit.fits ? "Fits" : "Does not fit"}: it takes {formatBytes(fit.ram)} of memory,{" "}
        {formatBytes(fit.ram_available)} are free.
      </span>
    </p>
  );
}

const rate = ({ good, tried }: { good: number; tried: number }): string =>
  tried > 0 ? `${formatShare(good / tried)} of ${tried}` : "not tried";

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div className="flex justify-between gap-3 border-t py-0.5">
      <dt className="text-muted-foreground">{name}</dt>
      <dd className="text-right tabular-nums">{value}</dd>
    </div>
  );
}

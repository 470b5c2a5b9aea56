import { Cpu, Quote } from "lucide-react";
import type { Model } from "@/api/types";
import { Page } from "@/components/layout/page";
import { Listing } from "@/components/states/listing";
import { EmptyNest } from "@/components/states/pictures";
import { State } from "@/components/states/state";
import { Card } from "@/components/ui/card";
import { formatDate, formatModel } from "@/lib/format";
import { useModels } from "./queries";

export function Component() {
  return (
    <Page
      title="Models"
      lead={
        <>
          What can write an answer here. <code className="font-mono text-sm">rookery models pull</code> gets
          one more.
        </>
      }
    >
      <Listing query={useModels()} empty={<State picture={<EmptyNest />} title="No models" />}>
        {(models) => (
          <Card>
            <ul className="divide-y">
              {models.map((model) => (
                <ModelRow key={model.id} model={model} />
              ))}
            </ul>
          </Card>
        )}
      </Listing>
    </Page>
  );
}

function ModelRow({ model }: { model: Model }) {
  const extractive = model.id === "extractive";
  const Icon = extractive ? Quote : Cpu;
  return (
    <li className="flex items-start gap-4 px-5 py-4">
      <span className="grid size-9 shrink-0 place-items-center rounded-md bg-tint text-primary">
        <Icon aria-hidden className="size-4.5" />
      </span>
      <div className="min-w-0">
        <h2 className="font-medium break-words">{formatModel(model.id)}</h2>
        <p className="text-sm text-muted-foreground">
          {extractive
            ? "Answers with ranked sentences of the sources, word for word. Nothing to download; the same question gives the same answer."
            : [model.owned_by, model.created > 0 && formatDate(new Date(model.created * 1000).toISOString())]
                .filter(Boolean)
                .join(", since ")}
        </p>
      </div>
    </li>
  );
}

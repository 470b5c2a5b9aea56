import { Cpu, Quote } from "lucide-react";
import type { Model } from "@/api/types";
import { Page } from "@/components/layout/page";
import { Listing } from "@/components/states/listing";
import { EmptyNest } from "@/components/states/pictures";
import { State } from "@/components/states/state";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { formatBytes, formatModel, formatSeconds } from "@/lib/format";
import { ModelFacts } from "./model-facts";
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
  const Icon = model.id === "extractive" ? Quote : Cpu;
  return (
    <li className="flex items-start gap-4 px-5 py-4">
      <span className="grid size-9 shrink-0 place-items-center rounded-md bg-tint text-primary">
        <Icon aria-hidden className="size-4.5" />
      </span>
      <div className="min-w-0 flex-1">
        <h2 className="flex flex-wrap items-center gap-x-2 font-medium break-words">
          {formatModel(model.id)}
          {model.chosen && <Badge variant="accent">in use</Badge>}
        </h2>
        <p className="text-sm text-muted-foreground">{about(model)}</p>
        {model.runs_on && <p className="text-sm text-muted-foreground">Runs on {model.runs_on}.</p>}
        {model.details && <p className="text-sm text-muted-foreground">{pace(model)}</p>}
        {(model.details || model.probed) && <ModelFacts model={model} />}
      </div>
    </li>
  );
}

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

const ADAPTERS: Record<string, string> = {
  extractive:
    "Answers with ranked sentences of the sources, word for word. Nothing to download; the same question gives the same answer.",
  llama_cpp: "Runs the GGUF file that the settings name, on this machine.",
  openai: "Asks a server that speaks OpenAI's protocol: llama-server, Ollama, vLLM, or a cloud.",
};

function about({ id, details, owned_by }: Model): string {
  if (!details) return ADAPTERS[id] ?? `An adapter of ${owned_by}.`;
  const facts = [
    details.architecture,
    `${compact.format(details.parameters)} parameters`,
    details.quantization,
    formatBytes(details.size),
    `${details.context_tokens.toLocaleString("en")} tokens of context`,
  ];
  return facts.join(" · ");
}

function pace({ eta, probed }: Model): string {
  if (!probed) return "Not probed yet.";
  const standard = eta?.standard;
  return standard
    ? `A standard run takes about ${formatSeconds(standard.low)} to ${formatSeconds(standard.high)}.`
    : "Probed.";
}

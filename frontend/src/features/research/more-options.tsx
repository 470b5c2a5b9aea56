import type { ResearchRequest } from "@/api/types";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { NativeSelect } from "@/components/ui/native-select";
import { useModels } from "@/features/models/queries";
import { formatModel } from "@/lib/format";

interface MoreOptionsProps {
  request: ResearchRequest;
  onChange: (change: Partial<ResearchRequest>) => void;
}

export function MoreOptions({ request, onChange }: MoreOptionsProps) {
  const models = useModels();
  return (
    <div className="grid gap-4 border-t px-5 py-4 sm:grid-cols-3">
      <Field label="Model" htmlFor="model">
        <NativeSelect
          id="model"
          value={request.model ?? ""}
          onChange={(event) => onChange({ model: event.target.value || null })}
        >
          <option value="">As in the settings</option>
          {models.data?.map((model) => (
            <option key={model.id} value={model.id}>
              {formatModel(model.id)}
            </option>
          ))}
        </NativeSelect>
      </Field>
      <Field label="Namespace" htmlFor="namespace">
        <Input
          id="namespace"
          value={request.namespace}
          onChange={(event) => onChange({ namespace: event.target.value })}
          pattern="[A-Za-z0-9][A-Za-z0-9._\-]{0,62}"
          title="Letters, digits, dots, dashes and underscores"
          required
          spellCheck={false}
        />
      </Field>
      <Field label="Time limit in seconds" htmlFor="max-seconds">
        <Input
          id="max-seconds"
          type="number"
          min={1}
          inputMode="numeric"
          placeholder="None"
          value={request.max_seconds ?? ""}
          onChange={(event) => onChange({ max_seconds: event.target.valueAsNumber || null })}
        />
      </Field>
    </div>
  );
}

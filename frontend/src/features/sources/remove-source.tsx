import { Trash2 } from "lucide-react";
import type { Source } from "@/api/types";
import { FailureNote } from "@/components/states/failure";
import { Confirm } from "@/components/ui/alert-dialog";
import { Button } from "@/components/ui/button";
import { useRemoveSource } from "./queries";

export function RemoveSource({ source }: { source: Source }) {
  const remove = useRemoveSource();
  return (
    <>
      <Confirm
        trigger={
          <Button
            variant="ghost"
            size="icon"
            disabled={remove.isPending}
            aria-label={`Remove ${source.title}`}
            className="text-muted-foreground"
          >
            <Trash2 aria-hidden />
          </Button>
        }
        title={`Remove “${source.title}”?`}
        description="Agents will not find it any more, nor what they noted of it. Answers keep the texts that they quote."
        action="Remove it"
        onConfirm={() => remove.mutate(source.id)}
      />
      <FailureNote error={remove.error} />
    </>
  );
}

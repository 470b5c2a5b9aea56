import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";

export function useModels() {
  return useQuery({
    queryKey: ["models"],
    queryFn: ({ signal }) => unwrap(api.GET("/v1/models", { signal })),
    select: (list) => list.data.filter((model) => model.kind === "model"),
  });
}

/** Whether a model fits this machine, and what its probe found. */
export function useModelFacts(id: string, enabled: boolean) {
  return useQuery({
    queryKey: ["models", "facts", id],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/v1/model-facts/{model_id}", { params: { path: { model_id: id } }, signal })),
    enabled,
  });
}

import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";

export function useModels() {
  return useQuery({
    queryKey: ["models"],
    queryFn: ({ signal }) => unwrap(api.GET("/v1/models", { signal })),
    select: (list) => list.data.filter((model) => model.kind === "model"),
  });
}

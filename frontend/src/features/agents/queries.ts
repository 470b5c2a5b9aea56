import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";

export function useAgents() {
  return useQuery({
    queryKey: ["agents"],
    queryFn: ({ signal }) => unwrap(api.GET("/v1/agents", { signal })),
    select: (page) => page.items,
  });
}

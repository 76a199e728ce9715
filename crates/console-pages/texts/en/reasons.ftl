# Why calls are refused: in English, the words of the service itself are shown.

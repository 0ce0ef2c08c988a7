"""What a person can do about the codes with which Lambda explains a state or a failed update (fact sheet 11.1).

A code that is not known here has no advice: it is shown as it is, with Lambda's own reason.
"""

from collections.abc import Mapping

_NETWORK = "See that the VPC's subnets and security groups exist and that the subnets have free addresses."
_KEY = "See that the KMS key is enabled and that its policy lets the function's role use it."
_FILES = "See that the file system is up and that the function's security groups let it reach it over NFS."
_IMAGE = "Push the image again, or name one that is there and that Lambda may pull."
_QUOTA = "Ask AWS to raise the quota, or free some of it."
_START = "The function can't start. See its log for what its initialization says, and mend the code or what the image states."
_AGAIN = "It is Lambda's own trouble: run again in a while."

ADVICE: Mapping[str, str] = {
    # states on their way, or at rest
    "Idle": "It was idle for long: the next invocation or update wakes it.",
    "Creating": "It is being made: wait.",
    "Restoring": "It wakes up after a long idle time: wait.",
    "DrainingDurableExecutions": "Its executions come to their end before it goes: wait.",
    # networks
    "EniLimitExceeded": "The account has no network interface left: ask AWS to raise the quota, or delete unused ones.",
    "InsufficientRolePermissions": "Give the function's role the permissions that the reason names.",
    "SubnetOutOfIPAddresses": "The subnets have no free address: name larger ones, or free some.",
    "InvalidSubnet": _NETWORK,
    "InvalidSecurityGroup": _NETWORK,
    "EC2RequestLimitExceeded": "EC2 slows Lambda down: run again in a while.",
    "DisallowedByVpcEncryptionControl": "The VPC demands encryption that this function has not: change the one or the other.",
    # keys
    "KMSKeyAccessDenied": _KEY,
    "KMSKeyNotFound": "The KMS key is not there any more: name another one with `kms_key`.",
    "InvalidStateKMSKey": _KEY,
    "DisabledKMSKey": "Enable the KMS key, or name another one with `kms_key`.",
    # file systems
    "EFSIOError": _FILES,
    "EFSMountConnectivityError": _FILES,
    "EFSMountFailure": _FILES,
    "EFSMountTimeout": _FILES,
    # packages
    "ImageDeleted": _IMAGE,
    "ImageAccessDenied": "Let Lambda pull the image: its repository's policy must allow ecr:BatchGetImage to it.",
    "InvalidImage": "The image is none that Lambda can run: build it for one platform and the function's architecture.",
    "InvalidRuntime": "Name a runtime that Lambda still has.",
    "InvalidZipFileException": "Build the zip again: Lambda can't open it.",
    # settings and starts
    "InvalidConfiguration": "Mend the setting that the reason names.",
    "FunctionError": _START,
    "FunctionError.InitTimeout": "Its initialization takes too long: give it more memory, or do less in it.",
    "FunctionError.RuntimeInitError": _START,
    "FunctionError.ExtensionInitError": "One of its extensions does not start: see the layers, and the log.",
    "FunctionError.InvalidEntryPoint": "The image has no such entry point: mend `image: {entry_point: …}`, or the image.",
    "FunctionError.InvalidWorkingDirectory": "The image has no such directory: mend `image: {working_directory: …}`.",
    "FunctionError.PermissionDenied": "A file of the code may not be executed: set its mode, and build the code again.",
    "FunctionError.TooManyExtensions": "It has more extensions than Lambda runs: take layers away.",
    "FunctionError.InitResourceExhausted": "Its initialization needs more than it has: give it more memory.",
    # quotas and capacity
    "ServiceQuotaExceededException": _QUOTA,
    "VcpuLimitExceeded": _QUOTA,
    "CapacityProviderScalingLimitExceeded": "The capacity provider may not grow further: raise its limit.",
    "InsufficientCapacity": "AWS has no such capacity at the moment: run again in a while.",
    "IncompatibleAcceleratorInstanceTypes": "No instance type of the capacity provider has what the function asks for.",
    # Lambda's own
    "InternalError": _AGAIN,
    "DependencyError": _AGAIN,
}


def advice(code: str) -> str:
    """What to do about `code`; empty where that is not known."""
    return ADVICE.get(code, "")
